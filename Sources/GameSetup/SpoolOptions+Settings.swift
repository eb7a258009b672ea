public import Settings
public import Storage

extension SpoolOptions {
  /// The spool that the game's settings give.
  public init(_ settings: SpoolSettings) {
    let fsync: Fsync =
      switch settings.fsync {
      case .always: .always
      case .interval: .interval
      case .never: .never
      }
    self.init(
      directory: settings.directory, bytesMax: settings.bytesMax, fsync: fsync,
      fsyncInterval: settings.fsyncInterval)
  }
}
