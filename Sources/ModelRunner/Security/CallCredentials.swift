public import Competition
internal import HTTP2

/// Gives what this side proves itself with to each model.
///
/// All of it is called on loops: it must answer from memory. Whatever takes time, such as signing,
/// is done elsewhere, ahead of the calls.
public protocol CallCredentials: Sendable {
  /// A model may be called from now on: credentials for it should be made, and kept fresh.
  func prepare(_ id: ModelID)
  /// A model is gone.
  func forget(_ id: ModelID)
  /// What goes with a call to the model that is made now.
  func metadata(for id: ModelID) -> CallMetadata.State
}

/// Fields that go with calls to one model; made once and shared by all calls until it is renewed.
public final class CallMetadata: Sendable {
  /// Whether a model can be called.
  public enum State: Sendable {
    /// It can, with these fields.
    case ready(CallMetadata)
    /// The first fields are being made.
    case pending
    /// There are none, for this reason.
    case unavailable(reason: String)
  }

  let block: HeaderBlock

  /// Copies the fields; names must be lower case.
  public init(_ fields: [(name: String, value: String)]) { block = HeaderBlock(fields) }
}
