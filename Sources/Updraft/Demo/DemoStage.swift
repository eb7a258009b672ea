import Competition
import EventLoop
import Foundation
import GameSetup
import GatewayTestSupport
import ServiceRuntime
import Storage

/// The demo's database and programs: started one after another, stopped in the opposite order.
final class DemoStage {
  /// How long a program may take to stop: what each promises, and a little more.
  private static let stopTimeout = Duration.seconds(12)

  let folder: DemoFolder
  private(set) var game: DemoGame
  let programs: ProgramGroup
  let report = DemoReport()
  private(set) var postgres: ScratchPostgres?

  init(folder: DemoFolder, game: DemoGame) async throws {
    self.folder = folder
    self.game = game
    programs = try await ProgramGroup()
  }

  /// The demo's database; nil before it runs.
  var database: DemoDatabase? { postgres.map { DemoDatabase(configuration: $0.configuration) } }

  /// How people look into the database.
  var psqlLine: String {
    guard let configuration = postgres?.configuration else { return "" }
    return "psql -h \(configuration.host ?? "") -U \(configuration.user ?? "") "
      + (configuration.database ?? "")
  }

  /// Starts the private PostgreSQL; its data stays for the next run.
  func startDatabase() async throws {
    var options = ScratchPostgresOptions()
    options.dataFolder = folder.data
    // The figures of a demo can be made again: what a crash of the machine would lose is of no
    // worth.
    options.settings = ["synchronous_commit": "off"]
    postgres = try await ScratchPostgres.start(options)
  }

  /// Makes the keys of a secure demo; those of the run before go.
  func makeKeys() async throws {
    CoreDumps.forbid()
    let (signers, place) = (game.signers, "\(folder.path)/keys")
    let made = await runBlocking {
      Result { () throws -> DemoKeys in
        if FileManager.default.fileExists(atPath: place) {
          try FileManager.default.removeItem(atPath: place)
        }
        return try DemoKeys(for: signers, in: place)
      }
    }
    do {
      game.keys = try made.get()
    } catch {
      throw StartFailure(
        "can't make the demo's keys: \(error)",
        remedy: "check the space and the rights of \(place)", exitCode: .systemRefused)
    }
  }

  /// Starts one of the programs, its output in a log of its name.
  func start(_ program: DemoProgram, _ arguments: [String]) async throws {
    try await programs.start(
      program, try Self.executable(of: program),
      program == .priceServer ? ["price-server"] + arguments : arguments,
      folder: folder.path, environment: Self.environment,
      log: "\(folder.logs)/\(program.rawValue).log")
  }

  /// The file of a program: the price server is a command of this one.
  ///
  /// - Throws: `StartFailure` when it isn't there.
  static func executable(of program: DemoProgram) throws(StartFailure) -> String {
    if program == .priceServer { return ProgramPath.own }
    if let path = ProgramPath.sibling(program.rawValue) { return path }
    throw StartFailure(
      "\(program.rawValue) is neither beside updraft nor on the PATH",
      remedy: "build it (make build)", exitCode: .unavailable)
  }

  /// Stops the predict worker, which records an open round first.
  ///
  /// - Returns: How it ended; nil when it wasn't running.
  func stopWorker() async -> ChildExit? {
    await programs.stop(.worker, within: Self.stopTimeout)
  }

  /// Stops everything that still runs.
  func stop() async {
    for program in [DemoProgram.scorer, .report, .worker, .orchestrator, .priceServer] {
      await programs.stop(program, within: Self.stopTimeout)
    }
    await programs.close()
    await postgres?.stop()
    postgres = nil
  }

  /// Ours without what would lead a program to another database or orchestrator than the demo's.
  private static var environment: [String: String] {
    ProcessEnvironment.all.filter { name, _ in
      !["POSTGRES_", "MODEL_RUNNER_", "PG"].contains { name.hasPrefix($0) }
    }
  }
}
