import Glibc

/// libFuzzer's engine: runs until its arguments say stop, then exits or returns.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

private struct UsageError: Error {}

private nonisolated(unsafe) var target: any FuzzTarget = SettingsText()

/// `fuzz list`: the targets' names.
private func list() {
  for target in fuzzTargets { print(target.name) }
}

/// `fuzz seeds`: a line of target, seed's name and hexadecimal bytes for each seed.
private func writeSeeds() throws {
  for target in fuzzTargets {
    for seed in try target.seeds() {
      let digits = seed.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      print(target.name, seed.name, digits.joined())
    }
  }
}

/// `fuzz run TARGET [libFuzzer's arguments]`.
private func fuzz() throws -> Int32 {
  let name = CommandLine.arguments.count > 2 ? CommandLine.arguments[2] : ""
  guard let type = fuzzTargets.first(where: { $0.name == name }) else { throw UsageError() }
  target = try type.init()
  var count = CommandLine.argc - 2
  var arguments = CommandLine.unsafeArgv + 2
  return runFuzzer(&count, &arguments) { start, count in
    target.run(UnsafeRawBufferPointer(start: start, count: count))
    return 0
  }
}

do {
  switch CommandLine.arguments.dropFirst().first {
  case "list": list()
  case "seeds": try writeSeeds()
  case "run": exit(try fuzz())
  default: throw UsageError()
  }
} catch is UsageError {
  say("usage: fuzz list | fuzz seeds | fuzz run TARGET [libFuzzer's arguments]")
  exit(2)
} catch {
  say("fuzz: \(error)")
  exit(1)
}
