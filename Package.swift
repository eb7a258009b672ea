// swift-tools-version:6.2
// The module map of docs/architecture.md. Imports point downward only: a target can import nothing
// that it does not list here (`--explicit-target-dependency-import-check error` in the Makefile).
import PackageDescription

let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")

func system(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "CShims/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: swift)
}

func tests(
  of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies, exclude: exclude,
    swiftSettings: swift)
}

let package = Package(
  name: "Updraft",
  products: [
    .library(name: "ModelRunner", targets: ["ModelRunner", "Competition"]),
    // For the benchmarks' own package.
    .library(name: "Storage", targets: ["Storage", "Competition"]),
    .library(name: "Scoring", targets: ["Scoring", "Competition"]),
    .library(name: "GatewayTestSupport", targets: ["GatewayTestSupport"]),
    // For the fuzz targets' own package (Tests/Fuzz).
    .library(
      name: "Fuzzed",
      targets: [
        "Competition", "Configuration", "EventLoop", "GRPC", "GatewayTestSupport", "HTTP2", "JSON",
        "ModelRunner", "Orchestration", "PriceFeed", "TLSEngine", "WebSocket",
      ]),
    .executable(name: "predict-worker", targets: ["PredictWorker"]),
    .executable(name: "model-orchestrator", targets: ["ModelOrchestrator"]),
    .executable(name: "updraft", targets: ["Updraft"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // C libraries: one module each, imported by one Swift target each.
    system("CLibUV", pkgConfig: "libuv", apt: "libuv1-dev"),
    system("CNghttp2", pkgConfig: "libnghttp2", apt: "libnghttp2-dev"),
    system("CWslay", apt: "libwslay-dev"),
    system("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),
    system("CLibSSL", pkgConfig: "libssl", apt: "libssl-dev"),
    system("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
    system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    system("CLibPQ", pkgConfig: "libpq", apt: "libpq-dev"),
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    system("CXXHash", pkgConfig: "libxxhash", apt: "libxxhash-dev"),
    .target(
      name: "CSimdJSON", path: "CShims/CSimdJSON",
      linkerSettings: [.linkedLibrary("simdjson")]),

    // Layer 0: values and sans-IO engines.
    module("Competition"),
    module("Compression", ["CZstd"]),
    module("Crypto", ["COpenSSL"]),
    module("JSON", ["CSimdJSON", "Competition"]),
    module("HTTP2", ["CNghttp2", "Competition"]),
    module("WebSocket", ["CWslay", "Crypto"]),
    module("TLSEngine", ["CLibSSL", "Competition"]),

    // Layer 1: the loop, and pure policies.
    module("EventLoop", ["CLibUV", "Competition", collections]),
    module("GRPC", ["Competition", "EventLoop", "HTTP2", "TLSEngine"]),
    module("Identity", ["CSodium", "Competition", "Crypto", "JSON"]),
    module("Resilience", ["Competition"]),
    module("Scoring", ["Competition", "JSON"]),
    module("Telemetry", ["Competition", logging]),
    module("Configuration", ["Competition", "Resilience", yams]),
    module("ServiceRuntime", ["Competition", "Telemetry", arguments, logging]),

    // Layer 2: capabilities.
    module(
      "ModelRunner",
      [
        "Competition", "EventLoop", "GRPC", "HTTP2", "JSON", "Resilience", "TLSEngine",
        "WebSocket", collections, logging,
      ]),
    module(
      "Storage",
      ["CLibPQ", "CXXHash", "Competition", "Crypto", "JSON", collections, logging]),
    module("HTTPClient", ["CCurl", "Competition"]),
    module("PriceFeed", ["Competition", "HTTPClient", "JSON", logging]),
    module("Rounds", ["Competition", "Resilience"]),
    module(
      "Orchestration",
      [
        "Competition", "Crypto", "EventLoop", "GRPC", "HTTPClient", "Identity", "JSON",
        "Resilience", "Telemetry", "WebSocket", collections, logging, yams,
      ]),
    module(
      "GatewayTestSupport",
      [
        "Competition", "EventLoop", "GRPC", "HTTP2", "JSON", "Orchestration", "Resilience",
        "Storage", "TLSEngine", "WebSocket", logging,
      ]),

    module(
      "GameSetup",
      ["Competition", "Configuration", "PriceFeed", "ServiceRuntime", "Storage", logging]),
    module(
      "PredictSetup", ["Competition", "Configuration", "ModelRunner", "ServiceRuntime", logging]),

    // Layer 3: programs, wiring only.
    program(
      "PredictWorker",
      [
        "Competition", "Configuration", "GameSetup", "ModelRunner", "PredictSetup", "PriceFeed",
        "Rounds", "ServiceRuntime", "Storage", "Telemetry", arguments, logging,
      ]),
    program(
      "ModelOrchestrator",
      [
        "Competition", "Configuration", "EventLoop", "Orchestration", "ServiceRuntime",
        "Telemetry", arguments, logging,
      ]),
    program(
      "Updraft",
      [
        "Competition", "Compression", "Configuration", "Crypto", "EventLoop", "GameSetup",
        "GatewayTestSupport", "Identity", "JSON", "ModelRunner", "Orchestration", "PredictSetup",
        "PriceFeed", "Resilience", "ServiceRuntime", "Storage", "Telemetry", arguments, flyingFox,
        logging,
      ]),

    tests(of: "Competition"),
    tests(of: "Compression"),
    tests(of: "Crypto"),
    tests(of: "JSON", ["Competition"]),
    tests(of: "HTTP2", ["Competition"]),
    tests(of: "Identity", ["Competition", "Crypto", "JSON"]),
    tests(of: "WebSocket"),
    tests(of: "TLSEngine", ["Competition", "GatewayTestSupport"]),
    tests(of: "EventLoop", ["Competition"]),
    tests(
      of: "GRPC",
      ["Competition", "EventLoop", "GatewayTestSupport", "HTTP2", "TLSEngine"]),
    tests(of: "Resilience", ["Competition"]),
    tests(of: "Scoring", ["Competition", "JSON"]),
    tests(of: "Configuration", ["Competition", "Resilience"]),
    tests(of: "Telemetry", ["Competition", logging]),
    tests(of: "ServiceRuntime", ["Telemetry", arguments, logging]),
    tests(
      of: "ModelRunner",
      [
        "Competition", "EventLoop", "GRPC", "GatewayTestSupport", "HTTP2", "Orchestration",
        "Resilience", "TLSEngine", "WebSocket", logging,
      ]),
    tests(of: "Storage", ["Competition", "EventLoop", "GatewayTestSupport", "JSON", logging]),
    tests(of: "PriceFeed", ["Competition", "HTTPClient", logging]),
    tests(of: "Rounds", ["Competition", "Resilience"]),
    tests(
      of: "Orchestration",
      [
        "Competition", "EventLoop", "JSON", "ModelOrchestrator", "Resilience", "WebSocket", logging,
      ], exclude: ["Scripts"]),
    tests(
      of: "Updraft",
      [
        "Competition", "EventLoop", "GatewayTestSupport", "JSON", "ModelRunner", "ServiceRuntime",
        "Storage", logging,
      ]),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "Competition", "Compression", "EventLoop", "GatewayTestSupport", "JSON", "ModelRunner",
        "Orchestration", "Resilience", "Storage", logging,
      ], exclude: ["Scripts"], swiftSettings: swift),
    .testTarget(name: "TidyTests", swiftSettings: swift),
  ],
  cxxLanguageStandard: .cxx17
)
