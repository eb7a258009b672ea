import Competition
import ModelRunner
import Storage
import Synchronization

/// Tells the models' cluster what storage found in their answers, so that a model whose every
/// answer is refused is reported like one that fails. The cluster is made after storage has begun.
final class AnswerVerdicts: Sendable {
  private let cluster = Mutex<ModelCluster?>(nil)

  func set(_ new: ModelCluster) { cluster.withLock { $0 = new } }

  /// Passes on what a stored round says: a model with no failure had its answer accepted. What an
  /// earlier run was answered says nothing of the models that run now.
  func pass(_ stored: StoredRound) {
    guard !stored.isReplayed, let cluster = cluster.withLock({ $0 }) else { return }
    var refused: Set<ModelID> = []
    var unjudged: Set<ModelID> = []
    for failure in stored.failures {
      if failure.source == .storage {
        refused.insert(failure.modelID)
      } else {
        unjudged.insert(failure.modelID)
      }
    }
    cluster.answersWereJudged(refused: refused, unjudged: unjudged)
  }
}
