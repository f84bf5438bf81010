import FoundationEssentials
import Glibc

/// A folder of one test's own, removed with all it holds when the value goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/ferrite-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

struct SystemError: Error {
    let code: Int32
}

/// Runs a program to its end.
@discardableResult
func run(_ arguments: String...) throws -> Int32 {
    var status: Int32 = 0
    guard waitpid(try start(arguments), &status, 0) > 0 else { throw SystemError(code: errno) }
    return status
}

/// Starts a program that the caller ends by its process id.
func start(_ arguments: [String]) throws -> pid_t {
    var process: pid_t = 0
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    let code = posix_spawnp(&process, arguments[0], nil, nil, pointers, nil)
    guard code == 0 else { throw SystemError(code: code) }
    return process
}

/// Waits until the condition holds, ten seconds at most.
func eventually(_ condition: () throws -> Bool) async throws -> Bool {
    for _ in 0..<1000 {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
