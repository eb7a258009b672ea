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
let webServer: [Target.Dependency] = [
  .product(name: "Hummingbird", package: "hummingbird"),
  .product(name: "HummingbirdCore", package: "hummingbird"),
  .product(name: "HTTPTypes", package: "swift-http-types"),
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
  .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
]
let webPages = [
  "api.js", "app.css", "app.js", "charts.js", "format.js", "game.js", "icon.svg", "index.html",
  "leaderboard.js", "model.js",
]
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let benchPages = ["bench.css", "bench.html", "charts.js", "page.js"]
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")

func system(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "CShims/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

func program(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: swift)
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
    .library(name: "Resilience", targets: ["Resilience"]),
    .library(name: "Storage", targets: ["Storage", "Competition"]),
    .library(name: "Scoring", targets: ["Scoring", "Competition"]),
    .library(name: "GatewayTestSupport", targets: ["GatewayTestSupport"]),
    // For the fuzz targets' own package (Tests/Fuzz).
    .library(
      name: "Fuzzed",
      targets: [
        "Competition", "Settings", "EventLoop", "GRPC", "GatewayTestSupport", "HTTP2", "JSON",
        "ModelRunner", "Orchestration", "PriceFeed", "Scoring", "TLSEngine", "WebSocket",
      ]),
    .executable(name: "predict-worker", targets: ["PredictWorker"]),
    .executable(name: "report-worker", targets: ["ReportWorker"]),
    .executable(name: "score-worker", targets: ["ScoreWorker"]),
    .executable(name: "model-orchestrator", targets: ["ModelOrchestrator"]),
    .executable(name: "updraft", targets: ["Updraft"]),
  ],
  dependencies: [
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.0.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // C libraries: one module each, imported by one Swift target each.
    system("CMalloc", apt: "libc6-dev"),
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
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    .target(
      name: "CSimdJSON", path: "CShims/CSimdJSON",
      linkerSettings: [.linkedLibrary("simdjson")]),

    // Layer 0: values and sans-IO engines.
    module("Competition"),
    module("Compression", ["CZstd"]),
    // Not Crypto and Configuration: Hummingbird's packages have targets of those names.
    module("Cryptography", ["COpenSSL"]),
    module("JSON", ["CSimdJSON", "Competition"]),
    module("HTTP2", ["CNghttp2", "Competition"]),
    module("WebSocket", ["CWslay", "Cryptography"]),
    module("TLSEngine", ["CLibSSL", "Competition"]),

    // Layer 1: the loop, and pure policies.
    module("EventLoop", ["CLibUV", "Competition", collections]),
    module("GRPC", ["Competition", "EventLoop", "HTTP2", "TLSEngine"]),
    module("Identity", ["CSodium", "Competition", "Cryptography", "JSON"]),
    module("Resilience", ["Competition"]),
    module("Scoring", ["Competition", "JSON"]),
    module("Telemetry", ["Competition", logging]),
    module("Settings", ["Competition", "Resilience", yams]),
    module("ServiceRuntime", ["CMalloc", "Competition", "Telemetry", arguments, logging]),

    .target(
      name: "Benchmarking", dependencies: ["JSON", histogram],
      resources: benchPages.map { .embedInCode("Page/\($0)") }, swiftSettings: swift),

    // Layer 2: capabilities.
    module(
      "ModelRunner",
      [
        "Competition", "EventLoop", "GRPC", "HTTP2", "JSON", "Resilience", "TLSEngine",
        "WebSocket", collections, logging,
      ]),
    module(
      "Storage",
      ["CLibPQ", "CXXHash", "Competition", "Cryptography", "JSON", collections, logging]),
    module("ScoreStore", ["Competition", "JSON", "Scoring", "Storage"]),
    module("HTTPClient", ["CCurl", "Competition"]),
    module("PriceFeed", ["Competition", "HTTPClient", "JSON", logging]),
    module("Rounds", ["Competition", "Resilience"]),
    module(
      "Orchestration",
      [
        "Competition", "Cryptography", "EventLoop", "GRPC", "HTTPClient", "Identity", "JSON",
        "Resilience", "Telemetry", "WebSocket", collections, logging, yams,
      ]),
    module(
      "Reporting",
      ["CZlib", "Competition", "Cryptography", "JSON", "Storage", "Telemetry", logging]),
    module(
      "GatewayTestSupport",
      [
        "Competition", "EventLoop", "GRPC", "HTTP2", "JSON", "Orchestration", "Resilience",
        "Storage", "TLSEngine", "WebSocket", logging,
      ]),

    module(
      "GameSetup",
      [
        "Competition", "Settings", "PriceFeed", "ServiceRuntime", "Storage", "Telemetry", logging,
      ]),
    module(
      "PredictSetup",
      [
        "Competition", "Cryptography", "Identity", "ModelRunner", "ServiceRuntime", "Settings",
        "TLSEngine", logging,
      ]),

    // Layer 3: programs, wiring only.
    program(
      "PredictWorker",
      [
        "Competition", "Settings", "GameSetup", "ModelRunner", "PredictSetup", "PriceFeed",
        "Rounds", "ServiceRuntime", "Storage", "Telemetry", arguments, logging,
      ]),
    program(
      "ScoreWorker",
      [
        "Competition", "Settings", "GameSetup", "JSON", "PriceFeed", "ScoreStore", "Scoring",
        "ServiceRuntime", "Storage", "Telemetry", arguments, logging,
      ]),
    program(
      "ReportWorker",
      [
        "Competition", "Settings", "Reporting", "ServiceRuntime", "Storage",
        "Telemetry", arguments, logging,
      ] + webServer,
      // The web pages go into the program, which is then one file to install.
      resources: webPages.map { .embedInCode("Web/\($0)") }),
    program(
      "ModelOrchestrator",
      [
        "Competition", "EventLoop", "Identity", "Orchestration", "Rounds", "ServiceRuntime",
        "Settings", "Telemetry", arguments, logging,
      ] + webServer),
    program(
      "Updraft",
      [
        "Benchmarking", "Competition", "Compression", "Cryptography", "EventLoop", "GRPC",
        "GameSetup", "GatewayTestSupport", "HTTPClient", "Identity", "JSON", "ModelRunner",
        "Orchestration", "PredictSetup", "PriceFeed", "Resilience", "Rounds", "Scoring",
        "ServiceRuntime", "Settings", "Storage", "TLSEngine", "Telemetry", arguments, flyingFox,
        logging,
      ]),

    tests(of: "Benchmarking", ["JSON"]),
    tests(of: "Competition"),
    tests(of: "Compression"),
    tests(of: "Cryptography"),
    tests(of: "JSON", ["Competition", "Resilience"]),
    tests(of: "HTTP2", ["Competition"]),
    tests(of: "Identity", ["Competition", "Cryptography", "JSON"]),
    tests(of: "WebSocket", ["Resilience"]),
    tests(of: "TLSEngine", ["Competition", "GatewayTestSupport"]),
    tests(of: "EventLoop", ["Competition"]),
    tests(
      of: "GRPC",
      ["Competition", "EventLoop", "GatewayTestSupport", "HTTP2", "TLSEngine"]),
    tests(of: "Resilience", ["Competition"]),
    tests(of: "Scoring", ["Competition", "JSON"]),
    tests(of: "Settings", ["Competition", "Resilience"]),
    tests(of: "Telemetry", ["Competition", "Resilience", logging]),
    tests(of: "ServiceRuntime", ["Telemetry", arguments, logging]),
    tests(
      of: "ModelRunner",
      [
        "Competition", "EventLoop", "GRPC", "GatewayTestSupport", "HTTP2", "Orchestration",
        "Resilience", "TLSEngine", "WebSocket", logging,
      ]),
    // Killed over and over by the tests of storage.
    .executableTarget(
      name: "StorageVictim",
      dependencies: ["Competition", "Resilience", "Storage", arguments, logging],
      path: "Tests/Programs/StorageVictim", swiftSettings: swift),
    tests(
      of: "Storage",
      [
        "Competition", "EventLoop", "GatewayTestSupport", "JSON", "Resilience", "StorageVictim",
        logging,
      ]),
    tests(
      of: "ScoreWorker",
      [
        "Competition", "EventLoop", "GatewayTestSupport", "JSON", "PriceFeed", "Resilience",
        "ScoreStore", "Scoring", "Storage", logging,
      ]),
    tests(of: "PriceFeed", ["Competition", "HTTPClient", logging]),
    tests(of: "Rounds", ["Competition", "Resilience"]),
    tests(
      of: "Orchestration",
      [
        "Competition", "EventLoop", "Identity", "JSON", "ModelOrchestrator", "Resilience",
        "Telemetry", "WebSocket", logging,
      ], exclude: ["Scripts"]),
    tests(
      of: "Updraft",
      [
        "Competition", "Cryptography", "EventLoop", "GRPC", "GatewayTestSupport", "HTTP2",
        "Identity", "JSON", "ModelRunner", "PriceFeed", "ServiceRuntime", "Settings", "Storage",
        "TLSEngine", logging,
      ]),
    .testTarget(
      name: "ReportWorkerTests",
      dependencies: [
        "Competition", "GatewayTestSupport", "JSON", "Reporting", "Storage", "Telemetry", logging,
      ], swiftSettings: swift),
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
