// swift-tools-version:6.2
// Benchmarks of Updraft, apart from it, so that nobody who builds Updraft builds them.
import PackageDescription

let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "UpdraftBenchmarks",
  dependencies: [
    .package(name: "Updraft", path: ".."),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    .target(name: "BenchSupport", swiftSettings: swift),
    .executableTarget(
      name: "bench-store",
      dependencies: [
        "BenchSupport",
        .product(name: "Resilience", package: "Updraft"),
        .product(name: "Storage", package: "Updraft"),
        .product(name: "GatewayTestSupport", package: "Updraft"),
      ],
      path: "Sources/BenchStore",
      swiftSettings: swift),
    .executableTarget(
      name: "bench-score",
      dependencies: [
        "BenchSupport",
        .product(name: "GatewayTestSupport", package: "Updraft"),
        .product(name: "Resilience", package: "Updraft"),
        .product(name: "Scoring", package: "Updraft"),
        .product(name: "Storage", package: "Updraft"),
      ],
      path: "Sources/BenchScore",
      swiftSettings: swift),
    .executableTarget(
      name: "bench-counts",
      dependencies: [
        .product(name: "ModelRunner", package: "Updraft"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Sources/BenchCounts",
      swiftSettings: swift),
  ]
)
