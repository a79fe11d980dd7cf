#include "edgebert/engine/worker_pool.h"

namespace edgebert {

WorkerPool::WorkerPool(size_t workers) {
  for (size_t worker = 1; worker < workers; ++worker) {
    threads_.emplace_back([this, worker] { Work(worker); });
  }
}

WorkerPool::~WorkerPool() {
  function_ = nullptr;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void WorkerPool::RunErased(Erased function, void* context) {
  function_ = function;
  context_ = context;
  running_.store(static_cast<uint32_t>(threads_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  function(context, 0);
  for (uint32_t left = running_.load(std::memory_order_acquire); left != 0;
       left = running_.load(std::memory_order_acquire)) {
    running_.wait(left, std::memory_order_acquire);
  }
}

void WorkerPool::Work(size_t worker) {
  for (uint32_t seen = 0;; ++seen) {
    round_.wait(seen, std::memory_order_acquire);
    if (function_ == nullptr) {
      return;
    }
    function_(context_, worker);
    if (running_.fetch_sub(1, std::memory_order_release) == 1) {
      running_.notify_one();
    }
  }
}

}  // namespace edgebert
