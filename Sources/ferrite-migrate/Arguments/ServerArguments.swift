import ArgumentParser

/// The two servers, and as whom to log in.
struct ServerArguments: ParsableArguments, SettingArguments {
    @Option(
        help: ArgumentHelp(
            "The server that has the tenant: host:port or redis://user@host:port/db, rediss:// for TLS; a,b where it may fail over.",
            valueName: "url"
        )
    )
    var source: String?

    @Option(help: ArgumentHelp("The server that gets the tenant, written the same way.", valueName: "url"))
    var target: String?

    @Option(help: ArgumentHelp("The ACL user at the source, if not in the URL.", valueName: "name"))
    var sourceUser: String?

    @Option(help: ArgumentHelp("The ACL user at the target, if not in the URL.", valueName: "name"))
    var targetUser: String?

    @OptionGroup
    var login: LoginArguments

    @OptionGroup
    var tls: TLSArguments

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.source] = source
        given[.target] = target
        given[.sourceUser] = sourceUser
        given[.targetUser] = targetUser
        return given.merging(login.given) { $1 }.merging(tls.given) { $1 }
    }
}

/// Where the passwords and passphrases come from.
struct LoginArguments: ParsableArguments, SettingArguments {
    @Option(
        help: ArgumentHelp(
            "A file whose first line is the source's password; better than a password in the URL.",
            valueName: "file"
        ),
        completion: .file()
    )
    var sourcePasswordFile: String?

    @Option(
        help: ArgumentHelp("A file whose first line is the target's password.", valueName: "file"),
        completion: .file()
    )
    var targetPasswordFile: String?

    @Option(
        help: ArgumentHelp(
            "A line for /bin/sh that prints the source's password; it is run for every login, for tokens that expire.",
            valueName: "command"
        )
    )
    var sourcePasswordCommand: String?

    @Option(help: ArgumentHelp("The same for the target.", valueName: "command"))
    var targetPasswordCommand: String?

    @Option(
        help: ArgumentHelp("A file whose first line is the passphrase of the source's key.", valueName: "file"),
        completion: .file()
    )
    var sourceKeyPassphraseFile: String?

    @Option(
        help: ArgumentHelp("A file whose first line is the passphrase of the target's key.", valueName: "file"),
        completion: .file()
    )
    var targetKeyPassphraseFile: String?

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.sourcePasswordFile] = sourcePasswordFile
        given[.targetPasswordFile] = targetPasswordFile
        given[.sourcePasswordCommand] = sourcePasswordCommand
        given[.targetPasswordCommand] = targetPasswordCommand
        given[.sourceKeyPassphraseFile] = sourceKeyPassphraseFile
        given[.targetKeyPassphraseFile] = targetKeyPassphraseFile
        return given
    }
}
