public import ArgumentParser

/// The exit codes of all programs, as `sysexits.h` numbers them where it has a word for the case.
/// A wrong command line gives 64, the argument parser's own.
extension ExitCode {
  /// A check failed, or the program did only part of what it was asked (1).
  public static let incomplete = ExitCode(1)
  /// Something that the program needs is not there: the database, the orchestrator, prices (69).
  public static let unavailable = ExitCode(69)
  /// A fault of the program itself (70).
  public static let internalFault = ExitCode(70)
  /// The system refused something: descriptors, a port, a folder (71).
  public static let systemRefused = ExitCode(71)
  /// Another process has taken this one's place; started again, it waits for its turn (75).
  public static let superseded = ExitCode(75)
  /// The configuration is wrong (78).
  public static let wrongConfiguration = ExitCode(78)
}
