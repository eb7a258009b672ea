import Foundation
import Testing

extension IntegrationTests {
  /// What each program does not need it does not link either: a smaller program, and less that can
  /// be attacked.
  @Suite struct LinkedLibrariesTests {
    /// What a program links itself, and what it must not. Shared libraries bring others of their
    /// own: libcurl has nghttp2.
    private static let programs: [(program: BuiltProgram, has: [String], hasNot: [String])] = [
      (.predictWorker, ["libuv", "libnghttp2", "libpq"], []),
      (
        .scoreWorker, ["libpq", "libcurl", "libsimdjson"],
        ["libuv", "libnghttp2", "libsodium", "libwslay", "libssl"]
      ),
      (.reportWorker, ["libpq", "libz"], ["libnghttp2", "libsodium"]),
      (.modelOrchestrator, ["libuv", "libsodium"], ["libpq"]),
    ]

    @Test(arguments: programs)
    func aProgramLinksNothingThatItDoesNotNeed(
      program: BuiltProgram, has: [String], hasNot: [String]
    ) async throws {
      try await withStage { stage in
        let ended = try await stage.run(["objdump", "-p", program.path])
        try #require(ended.exit.isSuccess, "\(ended)")
        let needed = ended.output.split(separator: "\n").filter { $0.contains("NEEDED") }
        func links(_ library: String) -> Bool { needed.contains { $0.contains(" \(library).so") } }
        for library in has { #expect(links(library), "\(program.rawValue) without \(library)") }
        for library in hasNot { #expect(!links(library), "\(program.rawValue) with \(library)") }
      }
    }

    /// Swift's packages are linked statically: their names are in the symbols.
    @Test(arguments: [
      (BuiltProgram.predictWorker, false), (.scoreWorker, false), (.reportWorker, true),
    ])
    func onlyTheReportHasAWebServer(program: BuiltProgram, hasOne: Bool) async throws {
      try await withStage { stage in
        for module in ["Hummingbird", "NIOCore"] {
          let ended = try await stage.run(["grep", "--count", "--text", module, program.path])
          #expect(ended.exit.isSuccess == hasOne, "\(program.rawValue): \(module)")
        }
        let other = try await stage.run(["grep", "--count", "--text", "FlyingFox", program.path])
        #expect(!other.exit.isSuccess, "\(program.rawValue): FlyingFox")
      }
    }
  }
}
