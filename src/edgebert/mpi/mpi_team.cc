#include "edgebert/mpi/mpi_team.h"

// The C interface: the one in C++ is gone from MPI 3.
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

#include <climits>
#include <string>
#include <vector>

namespace edgebert {
namespace {

class MpiTeam : public SweepTeam {
 public:
  MpiTeam() {
    MPI_Init(nullptr, nullptr);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  ~MpiTeam() override { MPI_Finalize(); }
  MpiTeam(const MpiTeam&) = delete;
  MpiTeam& operator=(const MpiTeam&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  Result<std::vector<std::string>> Gather(const std::string& own) override {
    if (own.size() > INT_MAX) {
      return Internal("a process of the sweep has more to say than MPI takes in one message");
    }
    const int length = static_cast<int>(own.size());
    std::vector<int> lengths(static_cast<size_t>(size_));
    EDGEBERT_RETURN_IF_ERROR(
        Check(MPI_Gather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, 0, MPI_COMM_WORLD)));
    std::vector<int> starts(lengths.size());
    int64_t total = 0;
    for (size_t i = 0; i < lengths.size(); ++i) {
      starts[i] = static_cast<int>(total);
      total += lengths[i];
    }
    std::string all(static_cast<size_t>(total), '\0');
    EDGEBERT_RETURN_IF_ERROR(
        Check(MPI_Gatherv(own.data(), length, MPI_CHAR, all.data(), lengths.data(), starts.data(),
                          MPI_CHAR, 0, MPI_COMM_WORLD)));
    std::vector<std::string> texts;
    for (size_t i = 0; rank_ == 0 && i < lengths.size(); ++i) {
      texts.push_back(all.substr(static_cast<size_t>(starts[i]), static_cast<size_t>(lengths[i])));
    }
    return texts;
  }

  Result<std::string> Share(const std::string& text) override {
    int length = static_cast<int>(text.size());
    EDGEBERT_RETURN_IF_ERROR(Check(MPI_Bcast(&length, 1, MPI_INT, 0, MPI_COMM_WORLD)));
    std::string shared = text;
    shared.resize(static_cast<size_t>(length));
    EDGEBERT_RETURN_IF_ERROR(Check(MPI_Bcast(shared.data(), length, MPI_CHAR, 0, MPI_COMM_WORLD)));
    return shared;
  }

 private:
  static Status Check(int code) {
    if (code == MPI_SUCCESS) {
      return OkStatus();
    }
    std::string text(MPI_MAX_ERROR_STRING, '\0');
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    return IoError("MPI: " + text.substr(0, static_cast<size_t>(length)));
  }

  int rank_ = 0;
  int size_ = 1;
};

}  // namespace

std::unique_ptr<SweepTeam> JoinMpiTeam() { return std::make_unique<MpiTeam>(); }

}  // namespace edgebert
