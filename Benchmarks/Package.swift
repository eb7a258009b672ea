// swift-tools-version:6.2
// Benchmarks of Updraft, apart from it, so that nobody who builds Updraft builds them.
import PackageDescription

let package = Package(
  name: "UpdraftBenchmarks",
  dependencies: [.package(name: "Updraft", path: "..")],
  targets: [
    .executableTarget(
      name: "bench-store",
      dependencies: [
        .product(name: "Storage", package: "Updraft"),
        .product(name: "GatewayTestSupport", package: "Updraft"),
      ],
      path: "Sources/BenchStore",
      swiftSettings: [
        .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
      ])
  ]
)
