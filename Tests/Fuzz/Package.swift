// swift-tools-version:6.2
// Fuzz targets of Updraft, apart from it, so that nobody who builds Updraft builds them.
// Tests/Fuzz/fuzz.py builds this package with the flags that it needs: `make fuzz`.
import PackageDescription

let package = Package(
  name: "UpdraftFuzz",
  dependencies: [.package(name: "Updraft", path: "../..")],
  targets: [
    .executableTarget(
      name: "fuzz",
      dependencies: [.product(name: "Fuzzed", package: "Updraft")],
      path: "Sources/Fuzz",
      swiftSettings: [
        .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
      ])
  ]
)
