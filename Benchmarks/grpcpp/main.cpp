// The C++ gRPC peer: the asynchronous completion-queue client that gRPC's own guide recommends,
// calling the same models in the same way as `updraft call` and the limit program.
#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "model.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;

constexpr int kReplyBytesMax = 4 << 20;
constexpr int kRequestBytesMax = 64 << 20;
constexpr int kWindowBytes = 16 << 20;
constexpr auto kSetupTime = std::chrono::seconds(10);
enum VariantType { kInt = 2, kString = 3, kJSON = 6 };

struct Options {
  std::string host = "127.0.0.1";
  int port = 0;
  int models = 1;
  int rounds = 1;
  double interval = 0;
  double timeout = 60;
  size_t arg_bytes = 100;
  std::string method = "predict";
};

constexpr char kHelp[] =
    "usage: grpcpp --port P [--host A] [--models N] [--rounds N] [--interval S] [--timeout S]\n"
    "              [--method predict|tick] [--arg-bytes N]\n"
    "Calls the models on P and the ports after it; prints what `updraft call --json` prints.\n";

double number(const std::string& flag, const std::string& text, double min, double max) {
  char* end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value >= min && value <= max))
    throw std::invalid_argument(flag + " " + text + ": not a number in its range, see --help");
  return value;
}

Options parse(const std::vector<std::string>& words) {
  Options options;
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::string& flag = words[i];
    if (i + 1 == words.size()) throw std::invalid_argument(flag + " needs a value, see --help");
    const std::string& text = words[i + 1];
    if (flag == "--host") options.host = text;
    else if (flag == "--port") options.port = int(number(flag, text, 1, 65535));
    else if (flag == "--models") options.models = int(number(flag, text, 1, 20000));
    else if (flag == "--rounds") options.rounds = int(number(flag, text, 1, 1e9));
    else if (flag == "--interval") options.interval = number(flag, text, 0, 86400);
    else if (flag == "--timeout") options.timeout = number(flag, text, 0.001, 86400);
    else if (flag == "--arg-bytes") options.arg_bytes = size_t(number(flag, text, 0, 6e7));
    else if (flag == "--method" && (text == "predict" || text == "tick")) options.method = text;
    else throw std::invalid_argument(flag + " " + text + ": unknown, see --help");
  }
  if (options.port == 0) throw std::invalid_argument("--port is missing, see --help");
  return options;
}

double cpu_ms() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

/// A line of /proc/self/status in MiB, for example "VmRSS:".
double memory_mb(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.rfind(name, 0) == 0) return std::atof(line.c_str() + name.size()) / 1024;
  return 0;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::max<size_t>(1, size_t(std::ceil(double(values.size()) * share))) - 1];
}

std::string history(size_t limit) {
  std::string text = "{\"BTC\": [";
  size_t end = text.size() + limit;
  for (long minute = 0;; minute++) {
    char point[64];
    int length = std::snprintf(point, sizeof point, "%s[%ld.0, 100000.25]", minute ? ", " : "",
                               1795345314 + 60 * minute);
    if (text.size() + size_t(length) > end) return text + "]}";
    text += point;
  }
}

void add(dynamic_subclass::CallRequest& request, VariantType type, std::string value) {
  auto* argument = request.add_methodarguments();
  argument->set_position(uint32_t(request.methodarguments_size()));
  argument->mutable_data()->set_type(type);
  argument->mutable_data()->set_value(std::move(value));
}

dynamic_subclass::CallRequest make_request(const Options& options) {
  dynamic_subclass::CallRequest request;
  request.set_methodname(options.method);
  if (options.method == "tick") {
    add(request, kJSON, history(options.arg_bytes));
    return request;
  }
  add(request, kString, "BTC");
  for (int64_t value : {86400, 300})  // little-endian, as x86-64 and arm64 have it
    add(request, kInt, std::string(reinterpret_cast<const char*>(&value), sizeof value));
  return request;
}

using Stub = dynamic_subclass::DynamicSubclassService::Stub;

/// One call under way, and its answer.
template <typename Response>
struct Call {
  grpc::ClientContext context;
  grpc::Status status;
  Response response;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
};

/// Starts a call on every stub, then takes in as many ends.
template <typename Response, typename Start>
std::vector<std::unique_ptr<Call<Response>>> call_all(
    const std::vector<Stub*>& stubs, std::chrono::system_clock::time_point deadline, Start start) {
  grpc::CompletionQueue queue;
  std::vector<std::unique_ptr<Call<Response>>> calls;
  for (Stub* stub : stubs) {
    auto& call = calls.emplace_back(std::make_unique<Call<Response>>());
    call->context.set_deadline(deadline);
    call->reader = start(stub, &call->context, &queue);
    call->reader->Finish(&call->response, &call->status, call.get());
  }
  void* tag;
  bool ok;
  for (size_t left = stubs.size(); left > 0; left--) queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return calls;
}

class Run {
 public:
  explicit Run(const Options& options) : options_(options), request_(make_request(options)) {}

  int run() {
    auto started = Clock::now();
    connect();
    double connect_ms = Millis(Clock::now() - started).count();
    double idle_mb = memory_mb("VmRSS:"), cpu = 0;
    auto due = Clock::now();
    for (int round = 1; round <= options_.rounds; round++) {
      std::this_thread::sleep_until(due);
      due = std::max(Clock::now(), due + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>(options_.interval)));
      cpu += call_round(round);
    }
    std::printf(
        "{\"summary\":true,\"models\":%d,\"connected\":%zu,\"connect_ms\":%.3f,\"rounds\":%zu,"
        "\"wall_ms\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f},\"cpu_ms_per_round\":%.3f,"
        "\"rss_idle_mb\":%.1f,\"rss_peak_mb\":%.1f,\"reports\":[]}\n",
        options_.models, ready_.size(), connect_ms, walls_.size(), percentile(walls_, 0.5),
        percentile(walls_, 0.99), percentile(walls_, 1), cpu / options_.rounds, idle_mb,
        memory_mb("VmHWM:"));
    return ready_.empty() ? 1 : 0;
  }

 private:
  void connect() {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kReplyBytesMax);
    arguments.SetMaxSendMessageSize(kRequestBytesMax);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
    std::vector<Stub*> all;
    for (int i = 0; i < options_.models; i++) {
      auto channel = grpc::CreateCustomChannel(
          options_.host + ":" + std::to_string(options_.port + i),
          grpc::InsecureChannelCredentials(), arguments);
      stubs_.push_back(dynamic_subclass::DynamicSubclassService::NewStub(channel));
      all.push_back(stubs_.back().get());
    }
    dynamic_subclass::SetupRequest request;
    request.set_classname("condorgame.tracker.TrackerBase");
    auto calls = call_all<dynamic_subclass::SetupResponse>(
        all, std::chrono::system_clock::now() + kSetupTime,
        [&](Stub* stub, grpc::ClientContext* context, grpc::CompletionQueue* queue) {
          return stub->AsyncSetup(context, request, queue);
        });
    for (size_t i = 0; i < calls.size(); i++)
      if (calls[i]->status.ok() && calls[i]->response.status().code() == "SUCCESS")
        ready_.push_back(all[i]);
  }

  double call_round(int round) {
    double cpu = cpu_ms();
    auto started = Clock::now();
    auto deadline = std::chrono::system_clock::now() +
                    std::chrono::microseconds(long(options_.timeout * 1e6));
    auto calls = call_all<dynamic_subclass::CallResponse>(
        ready_, deadline,
        [&](Stub* stub, grpc::ClientContext* context, grpc::CompletionQueue* queue) {
          return stub->AsyncCall(context, request_, queue);
        });
    int success = 0, failed = 0, timeout = 0;
    for (auto& call : calls) {
      if (!call->status.ok()) timeout++;
      else if (call->response.status().code() == "SUCCESS") success++;
      else failed++;
    }
    walls_.push_back(Millis(Clock::now() - started).count());
    cpu = cpu_ms() - cpu;
    size_t answer_bytes = 0;
    for (auto& call : calls) answer_bytes += call->response.ByteSizeLong();
    std::printf("{\"round\":%d,\"wall_ms\":%.3f,\"cpu_ms\":%.3f,\"success\":%d,\"failed\":%d,"
                "\"timeout\":%d,\"sent\":%zu,\"answer_bytes\":%zu}\n",
                round, walls_.back(), cpu, success, failed, timeout, ready_.size(), answer_bytes);
    std::fflush(stdout);
    return cpu;
  }

  const Options options_;
  const dynamic_subclass::CallRequest request_;
  std::vector<std::unique_ptr<Stub>> stubs_;
  std::vector<Stub*> ready_;
  std::vector<double> walls_;
};

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string> words(arguments + 1, arguments + count);
  if (!words.empty() && words[0] == "--help") return std::fputs(kHelp, stdout), 0;
  try {
    return Run(parse(words)).run();
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "grpcpp: %s\n", error.what());
    return 64;
  }
}
