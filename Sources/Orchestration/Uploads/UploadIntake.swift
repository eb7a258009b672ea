import Competition
import Glibc

/// Takes the parts of an upload: fields into memory, files into a fresh folder, every limit checked
/// before a byte is kept.
final class UploadIntake {
  /// A field's text, bytes.
  static let fieldBytesMax = 1 << 10
  /// Fields of one upload.
  static let fieldsMax = 20

  /// The name that a notebook is kept under.
  static let notebookName = "notebook.ipynb"

  /// The fields by name; the last one counts.
  private(set) var fields: [String: String] = [:]
  /// The files' paths in the folder, in their order.
  private(set) var files: [String] = []

  private enum Part { case none, field(String, [UInt8]), file(Int32), ignored }

  private let folder: String
  private let settings: APISettings
  private var reader: MultipartReader
  private var part = Part.none
  private var totalBytes = 0
  private var partBytes = 0
  private var fieldCount = 0

  /// Prepares to read a body into `folder`, which is made with the first file.
  ///
  /// - Throws: `APIRefusal` 415 for another type of body.
  init(contentType: String?, into folder: String, _ settings: APISettings) throws(APIRefusal) {
    do {
      reader = try MultipartReader(contentType: contentType)
    } catch {
      throw APIRefusal(415, error.reason)
    }
    self.folder = folder
    self.settings = settings
  }

  deinit { if case .file(let descriptor) = part { close(descriptor) } }

  /// Takes what came next of the body.
  ///
  /// - Throws: `APIRefusal`: 400 for what is malformed, 413 for what is too large.
  func take(_ bytes: [UInt8]) throws(APIRefusal) {
    totalBytes += bytes.count
    guard totalBytes <= settings.uploadBytesMax else {
      throw Self.tooLarge("the upload", settings.uploadBytesMax, "api.upload-bytes-max")
    }
    let events: [MultipartReader.Event]
    do {
      events = try reader.take(bytes)
    } catch {
      throw APIRefusal(400, error.reason)
    }
    for event in events {
      switch event {
      case .began(let name, let fileName): try begin(name, fileName)
      case .bytes(let more): try keep(more)
      case .ended: try end()
      }
    }
  }

  /// Says that the body is complete.
  ///
  /// - Throws: `APIRefusal` 400 when it isn't.
  func finish() throws(APIRefusal) {
    do {
      try reader.finish()
    } catch {
      throw APIRefusal(400, error.reason)
    }
  }

  static func tooLarge(_ what: String, _ limit: Int, _ setting: String) -> APIRefusal {
    APIRefusal(413, "\(what) is larger than \(ByteCountText.describe(limit)) (\(setting))")
  }

  private func begin(_ name: String, _ fileName: String?) throws(APIRefusal) {
    partBytes = 0
    guard let fileName else {
      fieldCount += 1
      guard fieldCount <= Self.fieldsMax else {
        throw APIRefusal(400, "there are more than \(Self.fieldsMax) fields")
      }
      return part = .field(name, [])
    }
    // What a browser sends for a file field that nothing was chosen in.
    if fileName.isEmpty { return part = .ignored }
    guard files.count < settings.filesMax else {
      throw APIRefusal(413, "there are more than \(settings.filesMax) files (api.files-max)")
    }
    let path = UploadName.isNotebook(fileName) ? Self.notebookName : fileName
    guard UploadName.allows(path) else {
      throw APIRefusal(
        400,
        "the file name \"\(fileName.prefix(80))\" must be a relative path of letters, digits,"
          + " '.', '_' and '-', not hidden, at most \(UploadName.partsMax) folders deep")
    }
    let lower = path.lowercased()
    guard !files.contains(where: { $0.lowercased() == lower }) else {
      throw APIRefusal(400, "there is more than one file \(path)")
    }
    part = .file(try open(path))
    files.append(path)
  }

  private func open(_ path: String) throws(APIRefusal) -> Int32 {
    let whole = "\(folder)/\(path)"
    do {
      try Folder.make(Folder.parent(of: whole))
    } catch {
      // A file where a folder is wanted: `a` and `a/b`.
      guard error.errno != ENOTDIR, error.errno != 0 else {
        throw APIRefusal(400, "\(path) needs a folder where a file is")
      }
      throw APIRefusal(507, "no folder can be made: \(error.reason)")
    }
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = Glibc.open(whole, flags, 0o644)
    guard descriptor >= 0 else {
      if errno == EISDIR || errno == EEXIST {
        throw APIRefusal(400, "\(path) is a folder of other files")
      }
      throw APIRefusal(507, "the file can't be kept: \(String(cString: strerror(errno)))")
    }
    return descriptor
  }

  private func keep(_ bytes: [UInt8]) throws(APIRefusal) {
    partBytes += bytes.count
    switch part {
    case .field(let name, let text):
      guard partBytes <= Self.fieldBytesMax else {
        throw Self.tooLarge("the field \(name.prefix(60))", Self.fieldBytesMax, "a fixed limit")
      }
      part = .field(name, text + bytes)
    case .file(let descriptor):
      guard partBytes <= settings.fileBytesMax else {
        throw Self.tooLarge(
          "the file \(files.last ?? "")", settings.fileBytesMax, "api.file-bytes-max")
      }
      try write(bytes, to: descriptor)
    case .ignored:
      guard partBytes <= Self.fieldBytesMax else { throw APIRefusal(400, "a file has no name") }
    case .none: break
    }
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) throws(APIRefusal) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw APIRefusal(507, "the file can't be kept: \(String(cString: strerror(errno)))")
      }
      rest = rest.dropFirst(count)
    }
  }

  private func end() throws(APIRefusal) {
    defer { part = .none }
    switch part {
    case .field(let name, let bytes):
      guard let text = String(validating: bytes, as: UTF8.self),
        !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
      else { throw APIRefusal(400, "the field \(name.prefix(60)) must be one line of UTF-8") }
      fields[name] = text
    case .file(let descriptor):
      let isKept = fsync(descriptor) == 0
      close(descriptor)
      if !isKept { throw APIRefusal(507, "a file can't be brought to the disk") }
    case .ignored, .none: break
    }
  }
}
