import Competition
import Identity
import ModelRunner
import Synchronization

/// Gives each model's calls the token that was signed for it ahead of them.
final class GatewayCredentials: CallCredentials {
  private struct Made {
    let token: GatewayToken
    let metadata: CallMetadata
  }

  private let signer: GatewaySigner
  private let made = Mutex<[ModelID: Made]>([:])
  private let turnedAway = Mutex<[ModelID: String]>([:])

  init(_ signer: GatewaySigner) { self.signer = signer }

  func prepare(_ id: ModelID) {
    do {
      try signer.add(id)
      turnedAway.withLock { _ = $0.removeValue(forKey: id) }
    } catch {
      turnedAway.withLock { $0[id] = "\(error)" }
    }
  }

  func forget(_ id: ModelID) {
    signer.remove(id)
    made.withLock { _ = $0.removeValue(forKey: id) }
    turnedAway.withLock { _ = $0.removeValue(forKey: id) }
  }

  func metadata(for id: ModelID) -> CallMetadata.State {
    let token: GatewayToken
    do {
      token = try signer.token(for: id)
    } catch {
      if error.code == .notReady { return .pending }
      return .unavailable(reason: turnedAway.withLock { $0[id] } ?? "\(error)")
    }
    return made.withLock { made in
      // The same token comes until it is renewed, and its texts then share their memory.
      if let known = made[id], known.token == token { return .ready(known.metadata) }
      let metadata = CallMetadata(token.metadata)
      made[id] = Made(token: token, metadata: metadata)
      return .ready(metadata)
    }
  }
}
