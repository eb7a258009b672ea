public import Competition
import Synchronization

/// A context that follows its files: new connections get what the files hold now.
public final class RenewableContext: Sendable {
  private struct State {
    var context: TLSContext
    var stamps: [CredentialFile.Stamp?]
    var nextCheck: MonotonicInstant
    var problem: TLSError?
  }

  /// The files that are followed.
  public let files: TLSFiles
  private let role: TLSContext.Role
  private let state: Mutex<State>

  /// Reads the files for the first time.
  ///
  /// - Throws: `TLSError` as `TLSContext` does.
  public init(_ role: TLSContext.Role, _ files: TLSFiles) throws(TLSError) {
    self.role = role
    self.files = files
    let stamps = files.all.map { CredentialFile.Stamp(path: $0) }
    state = Mutex(
      State(
        context: try TLSContext(role, files), stamps: stamps,
        nextCheck: .now().advanced(by: TLSLimits.renewalCheckInterval), problem: nil))
  }

  /// The context for a new connection. Looks at the files at most once a second; when a file has
  /// changed, all are read anew. Files that can't be used leave the context as it was (`problem`
  /// says why), and are tried again.
  public func current(at now: MonotonicInstant = .now()) -> TLSContext {
    state.withLock { state in
      guard now >= state.nextCheck else { return state.context }
      state.nextCheck = now.advanced(by: TLSLimits.renewalCheckInterval)
      let stamps = files.all.map { CredentialFile.Stamp(path: $0) }
      guard stamps != state.stamps else {
        state.problem = nil
        return state.context
      }
      do throws(TLSError) {
        state.context = try TLSContext(role, files)
        state.stamps = stamps
        state.problem = nil
      } catch {
        state.problem = error
      }
      return state.context
    }
  }

  /// Why changed files are not in use; nil when what the files held at the last look is in use.
  public var problem: TLSError? { state.withLock { $0.problem } }

  /// The own certificate in use; nil for a client that shows none.
  public var certificate: CertificateSummary? { state.withLock { $0.context.certificate } }

  /// What an operator should hear now: files that can't be used, or a certificate that ends within
  /// 30 days.
  public func warning(at now: UTCTime = .now()) -> String? {
    let (problem, context) = state.withLock { ($0.problem, $0.context) }
    if let problem { return "renewed TLS files are not in use: \(problem)" }
    return context.expiryWarning(at: now)
  }
}
