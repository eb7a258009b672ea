/// What happens to a worker's lease.
public enum LeaseEvent: Hashable, Sendable {
  /// Somebody else holds it, or a part of the game in another number of parts; told at first, when
  /// it becomes somebody else, and every minute.
  case waiting(LeaseHolder)
  /// The session broke while waiting; it is opened again.
  case waitInterrupted(StorageError)
  /// The part is this worker's; whether somebody else was told of first.
  case acquired(hasWaited: Bool)
  /// The session broke that held it: it is asked for again, and nobody else is known to have it.
  case interrupted(StorageError)
  /// It is held again, so long after the session broke.
  case regained(after: Duration)
  /// Somebody else got it meanwhile: this worker must end.
  case lost(LeaseHolder)
}
