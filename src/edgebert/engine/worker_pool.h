#ifndef EDGEBERT_ENGINE_WORKER_POOL_H_
#define EDGEBERT_ENGINE_WORKER_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace edgebert {

/// Threads that share out one piece of work at a time. The caller is worker 0.
class WorkerPool {
 public:
  /// `workers` ≥ 1; one fewer threads are started.
  explicit WorkerPool(size_t workers);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  size_t size() const { return threads_.size() + 1; }

  /// Calls function(worker) once on each worker, and returns when all are done. Not from within a
  /// function that Run() calls, nor from two threads at once.
  template <typename Function>
  void Run(Function function) {
    RunErased([](void* context, size_t worker) { (*static_cast<Function*>(context))(worker); },
              &function);
  }

 private:
  using Erased = void (*)(void* context, size_t worker);

  void RunErased(Erased function, void* context);
  void Work(size_t worker);

  Erased function_ = nullptr;  ///< Null: the threads end.
  void* context_ = nullptr;
  std::atomic<uint32_t> round_{0};
  std::atomic<uint32_t> running_{0};
  std::vector<std::thread> threads_;
};

/// The part of `count` items that falls to a worker: nearly equal, in order.
struct Share {
  size_t first;
  size_t end;
};
constexpr Share ShareOf(size_t count, size_t worker, size_t workers) {
  return {count * worker / workers, count * (worker + 1) / workers};
}

}  // namespace edgebert

#endif  // EDGEBERT_ENGINE_WORKER_POOL_H_
