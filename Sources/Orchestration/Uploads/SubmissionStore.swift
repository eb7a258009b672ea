import Competition
import Glibc

/// The folders of uploaded submissions: filled beside their place, moved there when complete.
struct SubmissionStore: Sendable {
  /// What the names of uploaded submissions begin with.
  static let prefix = "api-"
  private static let partEnding = ".part"

  private let settings: RunnerSettings

  init(_ settings: RunnerSettings) { self.settings = settings }

  /// A name that no submission has: `api-20261122_190812_123-4f2a`.
  func newID(at time: UTCTime = .now()) -> String {
    let stamp = DeploymentID.text(ModelID("api"), at: time).dropFirst(4)
    let chance = String(UInt16.random(in: 0x1000...0xFFFF), radix: 16)
    return "\(Self.prefix)\(stamp)-\(chance)"
  }

  /// The folder that an upload is written into.
  func partFolder(_ id: String) -> String { settings.submissionFolder(id) + Self.partEnding }

  /// Puts a complete upload into its place.
  ///
  /// - Throws: `FileError` when it can't be moved.
  func complete(_ id: String) throws(FileError) {
    guard rename(partFolder(id), settings.submissionFolder(id)) == 0 else {
      throw FileError(errno: errno, during: "keep the submission \(id)")
    }
  }

  /// Forgets an upload that didn't become a submission.
  func abandon(_ id: String) { FolderRemoval.delete(partFolder(id)) }

  /// Deletes submissions; others than uploaded ones are left alone.
  func remove(_ ids: [String]) {
    for id in ids where id.hasPrefix(Self.prefix) && SafeName.allows(id) {
      FolderRemoval.delete(settings.submissionFolder(id))
    }
  }

  /// Deletes what uploads left behind that a crash ended.
  func sweep() {
    let parent = Folder.parent(of: settings.submissionFolder(Self.prefix))
    for name in Folder.names(in: parent)
    where name.hasPrefix(Self.prefix) && name.hasSuffix(Self.partEnding) {
      FolderRemoval.delete("\(parent)/\(name)")
    }
  }
}
