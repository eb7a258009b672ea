// swift-tools-version:6.2
// A coordinator of its own on Updraft's library ModelRunner, apart from Updraft's package.
import PackageDescription

let package = Package(
  name: "swift-coordinator",
  dependencies: [
    .package(name: "Updraft", path: "../.."),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    .executableTarget(
      name: "swift-coordinator",
      dependencies: [
        .product(name: "ModelRunner", package: "Updraft"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
  ]
)
