#include "edgebert/data/own_data.h"

#include <gtest/gtest.h>

#include "edgebert/base/file.h"
#include "edgebert/testing/testing.h"

namespace edgebert {
namespace {

class OwnDataTest : public ::testing::Test {
 protected:
  Result<TaskData> Load(std::string_view text,
                        const OwnDataColumns& columns = {.text = "review", .label = "class"},
                        const std::vector<std::string>& names = {}) {
    EXPECT_OK(WriteFileAtomically(path_, text));
    return LoadOwnData(path_, columns, names);
  }
  std::string Error(std::string_view text,
                    const OwnDataColumns& columns = {.text = "review", .label = "class"},
                    const std::vector<std::string>& names = {}) {
    const std::string message = Load(text, columns, names).status().message();
    return message.substr(std::min(message.find("own.csv"), message.size()));
  }

  const testing::TemporaryDirectory directory_;
  const std::filesystem::path path_ = directory_.path() / "own.csv";
};

TEST_F(OwnDataTest, ReadsTextsPairsAndLabels) {
  const auto data = Load("id,class,review,answer\n1,spam,\"a, b\",x\n2,ham,c,y\n",
                         {.text = "review", .pair = "answer", .label = "class"});
  ASSERT_OK(data);
  EXPECT_EQ(data->label_names, (std::vector<std::string>{"ham", "spam"}));
  EXPECT_EQ(data->examples, (std::vector<LabelledText>{{"a, b", "x", 1}, {"c", "y", 0}}));
  EXPECT_EQ(data->sources.front().file, "own.csv");
  EXPECT_EQ(data->sources.front().examples, 2u);
}

TEST_F(OwnDataTest, WholeNumbersAreInTheirOrder) {
  const auto data = Load("review,class\na,10\nb,9\nc,-1\n");
  ASSERT_OK(data);
  EXPECT_EQ(data->label_names, (std::vector<std::string>{"-1", "9", "10"}));
}

TEST_F(OwnDataTest, GivenLabelsKeepTheirOrder) {
  const auto data =
      Load("review,class\na,x\nb,y\n", {.text = "review", .label = "class"}, {"y", "x"});
  ASSERT_OK(data);
  EXPECT_EQ(data->examples.front().label, 1);
}

TEST_F(OwnDataTest, SaysWhatIsWrong) {
  EXPECT_EQ(Error("text,class\na,1\n"),
            "own.csv:1: no column 'review', the header has: text, class");
  EXPECT_EQ(
      Error("reviews,class\na,1\n"),
      "own.csv:1: no column 'review', the header has: reviews, class, did you mean 'reviews'?");
  EXPECT_EQ(Error("review,class\na,1\n\" \n\",0\n"),
            "own.csv:3: column 'review' is empty, expected a text");
  EXPECT_EQ(Error("review,class\na,1\nb,\n"),
            "own.csv:3: column 'class' is empty, expected a label");
  EXPECT_EQ(Error("review,class\na,1\nb,1\n"),
            "own.csv: column 'class' holds the label '1' alone, expected two or more");
  const OwnDataColumns columns = {.text = "review", .label = "class"};
  EXPECT_EQ(Error("review,class\na,good\nb,bat\n", columns, {"good", "bad"}),
            "own.csv:3: unknown label 'bat', did you mean 'bad'? (known: good, bad)");
  EXPECT_EQ(Error("review,class\na,good\n", columns, {"good", "bad"}),
            "own.csv: no row has the label 'bad', expected examples of every class");
  std::string many = "review,class\n";
  for (int i = 0; i < 300; ++i) {
    many += "a,label " + std::to_string(i) + "\n";
  }
  EXPECT_EQ(Error(many),
            "own.csv:258: column 'class' holds more than 256 distinct labels, expected a class in "
            "each row");
}

}  // namespace
}  // namespace edgebert
