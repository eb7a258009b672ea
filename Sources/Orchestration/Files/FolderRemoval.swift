import Glibc

/// Deletes a folder with all it holds. Links are deleted, not followed, also while somebody else
/// writes into the folder: every step starts from an open folder.
enum FolderRemoval {
  /// How deep folders may lie in each other; what lies deeper stays.
  static let depthMax = 64

  static func delete(_ folder: String) { delete(folder, in: AT_FDCWD, depth: 0) }

  private static func delete(_ name: String, in parent: Int32, depth: Int) {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    let descriptor = openat(parent, name, flags)
    guard descriptor >= 0 else {
      unlinkat(parent, name, 0)
      return
    }
    guard depth < depthMax, let stream = fdopendir(descriptor) else {
      close(descriptor)
      return
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = Folder.name(of: entry)
      if name != ".", name != ".." { names.append(name) }
    }
    for name in names { delete(name, in: descriptor, depth: depth + 1) }
    unlinkat(parent, name, Int32(AT_REMOVEDIR))
  }
}
