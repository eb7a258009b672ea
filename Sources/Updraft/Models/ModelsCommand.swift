import ArgumentParser
import HTTPClient
import JSON
import ServiceRuntime

/// `updraft models`: the models of a running model-orchestrator, over its deployment API.
struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "Deploy, stop and watch the models of a model-orchestrator.",
    discussion: """
      Asks the orchestrator's deployment API, which `api:` in orchestrator.yml opens \
      (docs/deployment-api.md).
      """,
    subcommands: [
      List.self, Add.self, Update.self, Start.self, Stop.self, Remove.self, Logs.self,
    ])

  /// `updraft models ls`.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List the models and how they are doing.")
    @OptionGroup var server: ModelsServer
    @Flag(help: "One JSON array instead of a table.") var json = false

    func run() async throws {
      try await runCommand("models ls") {
        let rows = try server.connect().rows()
        guard json else { return ModelText.show(rows) }
        Output.line(JSONValue.array(rows.map(\.value)).text())
      }
    }
  }

  /// `updraft models add`.
  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Deploy a new model: a notebook, files or a folder.",
      discussion: """
        A Jupyter notebook becomes main.py and requirements.txt. Of a folder, everything goes that \
        isn't hidden. Prints the new model's id.
        """)
    @OptionGroup var server: ModelsServer
    @Argument(
      help: ArgumentHelp("A notebook, main.py and other files, or a folder.", valueName: "path"),
      completion: .file())
    var paths: [String]
    @OptionGroup var names: ModelNames
    @Option(help: ArgumentHelp("The competition (default: the first one).", valueName: "id"))
    var crunch: String?
    @Flag(help: "Don't start it yet.") var stopped = false

    func run() async throws {
      try await runCommand("models add") {
        var form = MultipartForm()
        names.add(to: &form)
        if let crunch { form.add("crunch_id", crunch) }
        form.add("desired_state", stopped ? "STOPPED" : "RUNNING")
        for file in try UploadFiles.read(paths) { form.add(file) }
        let answer = try server.connect().send("POST", "/models", form)
        ModelText.warn(answer)
        Output.line(answer["id"]?.stringValue ?? "")
      }
    }
  }

  /// `updraft models update`.
  struct Update: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "update", abstract: "Give a model other code or other names.")
    @OptionGroup var server: ModelsServer
    @Argument(help: "The model's id.") var id: ModelName
    @Argument(
      help: ArgumentHelp("A notebook, files or a folder (default: as it is).", valueName: "path"),
      completion: .file())
    var paths: [String] = []
    @OptionGroup var names: ModelNames

    func run() async throws {
      try await runCommand("models update") {
        var form = MultipartForm()
        names.add(to: &form)
        for file in try UploadFiles.read(paths) { form.add(file) }
        let answer = try server.connect().send("PATCH", "/models/\(id.text)", form)
        ModelText.warn(answer)
        Output.line("updated \(id.text)")
      }
    }
  }

  /// `updraft models start`.
  struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "start", abstract: "Start models.")
    @OptionGroup var server: ModelsServer
    @Argument(help: "The models' ids.") var ids: [ModelName]

    func run() async throws {
      try await runCommand("models start") { try server.ask("RUNNING", of: ids, done: "starting") }
    }
  }

  /// `updraft models stop`.
  struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stop", abstract: "Stop models; they stay in the list.")
    @OptionGroup var server: ModelsServer
    @Argument(help: "The models' ids.") var ids: [ModelName]

    func run() async throws {
      try await runCommand("models stop") { try server.ask("STOPPED", of: ids, done: "stopping") }
    }
  }

  /// `updraft models rm`.
  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rm", abstract: "Stop and delete models that were deployed over the API.")
    @OptionGroup var server: ModelsServer
    @Argument(help: "The models' ids.") var ids: [ModelName]

    func run() async throws {
      try await runCommand("models rm") {
        let connection = try server.connect()
        for id in ids {
          try connection.send("DELETE", "/models/\(id.text)")
          Output.line("removed \(id.text)")
        }
      }
    }
  }

  /// `updraft models logs`.
  struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "logs", abstract: "Show what a model or the build of its environment says.")
    @OptionGroup var server: ModelsServer
    @Argument(help: "The model's id.") var id: ModelName
    @Flag(name: .shortAndLong, help: "Go on while it grows, until Ctrl-C.") var follow = false
    @Flag(help: "The build of its Python environment instead.") var builder = false
    @Option(help: "How many of the last lines to begin with.") var tail = 100

    func validate() throws {
      guard (0...10_000).contains(tail) else {
        throw ValidationError("--tail must be from 0 to 10000")
      }
    }

    func run() async throws {
      try await runCommand("models logs") {
        let connection = try server.connect()
        guard let row = try connection.rows().first(where: { $0.id == id.text }) else {
          throw StartFailure(
            "there is no model \(id.text)", remedy: "`updraft models ls` lists them",
            exitCode: .validationFailure)
        }
        guard let path = builder ? row.builderLog : row.runnerLog else {
          throw StartFailure(
            "it has no such log: it isn't built here", exitCode: .validationFailure)
        }
        try connection.stream("\(path)?tail=\(tail)&follow=\(follow)")
      }
    }
  }
}

/// A model's id as an argument: nothing that could change the address it is put into.
struct ModelName: ExpressibleByArgument, Sendable {
  let text: String

  init?(argument: String) {
    let isPlain = argument.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "._-".utf8.contains(byte)
    }
    guard isPlain, !argument.isEmpty else { return nil }
    text = argument
  }
}

/// The names that people see.
struct ModelNames: ParsableArguments {
  @Option(help: "The model's name for people.") var name: String?
  @Option(help: "Its owner's name for people.") var cruncher: String?

  func add(to form: inout MultipartForm) {
    if let name { form.add("model_name", name) }
    if let cruncher { form.add("cruncher_name", cruncher) }
  }
}
