function __ferrite-migrate_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __ferrite-migrate_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __ferrite-migrate_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __ferrite-migrate_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __ferrite-migrate_parse_tokens -S
    set -l unparsed_tokens (__ferrite-migrate_tokens -pc)
    switch $unparsed_tokens[1]
    case 'ferrite-migrate'
        __ferrite-migrate_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'migrate'
            __ferrite-migrate_parse_subcommand 1 'source=' 'target=' 'source-user=' 'target-user=' 'source-password-file=' 'target-password-file=' 'source-key-passphrase-file=' 'target-key-passphrase-file=' 'source-cacert=' 'target-cacert=' 'source-cert=' 'target-cert=' 'source-key=' 'target-key=' 'source-sni=' 'target-sni=' 'source-insecure' 'target-insecure' 'source-tls-min=' 'target-tls-min=' 'mode=' 'parallel=' 'batch-size=' 'big-value=' 'timeout=' 'dirty-limit=' 'grow-backlog=' 'db=+' 'max-rate=' 'max-bandwidth=' 'accept-skew=' 'replace' 'copy-acl=' 'no-copy-acl' 'feed=' 'metrics-listen=' 'metrics-file=' 'hooks=' 'hook-timeout=' 'lag-high=' 'foreground' 'wait=' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'status'
            __ferrite-migrate_parse_subcommand 1 'all' 'watch' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'pause'
            __ferrite-migrate_parse_subcommand 1 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'resume'
            __ferrite-migrate_parse_subcommand 1 'wait=' 'source-password-file=' 'target-password-file=' 'source-key-passphrase-file=' 'target-key-passphrase-file=' 'metrics-listen=' 'metrics-file=' 'hooks=' 'hook-timeout=' 'lag-high=' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'cancel'
            __ferrite-migrate_parse_subcommand 1 'force' 'source-password-file=' 'target-password-file=' 'source-key-passphrase-file=' 'target-key-passphrase-file=' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'update'
            __ferrite-migrate_parse_subcommand 1 'parallel=' 'batch-size=' 'max-rate=' 'max-bandwidth=' 'accept-skew=' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'cutover'
            __ferrite-migrate_parse_subcommand 1 'force' 'max-lag=' 'max-pause=' 'fence=' 'verify=' 'scheduled=' 'window=' 'unschedule' 'when-ready' 'wait=' 'until-verified' 'retry' 'cleanup' 'yes' 'plan' 'source-user=' 'target-user=' 'source-password-file=' 'target-password-file=' 'source-key-passphrase-file=' 'target-key-passphrase-file=' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'verify'
            __ferrite-migrate_parse_subcommand 1 'sample=' 'again' 'source-password-file=' 'target-password-file=' 'source-key-passphrase-file=' 'target-key-passphrase-file=' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'cleanup'
            __ferrite-migrate_parse_subcommand 1 'yes' 'force' 'rate=' 'source-password-file=' 'target-password-file=' 'source-key-passphrase-file=' 'target-key-passphrase-file=' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'validate'
            __ferrite-migrate_parse_subcommand 1 'source=' 'target=' 'source-user=' 'target-user=' 'source-password-file=' 'target-password-file=' 'source-key-passphrase-file=' 'target-key-passphrase-file=' 'source-cacert=' 'target-cacert=' 'source-cert=' 'target-cert=' 'source-key=' 'target-key=' 'source-sni=' 'target-sni=' 'source-insecure' 'target-insecure' 'source-tls-min=' 'target-tls-min=' 'mode=' 'parallel=' 'batch-size=' 'big-value=' 'timeout=' 'dirty-limit=' 'grow-backlog=' 'db=+' 'max-rate=' 'max-bandwidth=' 'accept-skew=' 'replace' 'copy-acl=' 'no-copy-acl' 'feed=' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'metrics'
            __ferrite-migrate_parse_subcommand 0 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'config'
            __ferrite-migrate_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'show'
                __ferrite-migrate_parse_subcommand 0 'source=' 'target=' 'source-user=' 'target-user=' 'source-password-file=' 'target-password-file=' 'source-key-passphrase-file=' 'target-key-passphrase-file=' 'source-cacert=' 'target-cacert=' 'source-cert=' 'target-cert=' 'source-key=' 'target-key=' 'source-sni=' 'target-sni=' 'source-insecure' 'target-insecure' 'source-tls-min=' 'target-tls-min=' 'mode=' 'parallel=' 'batch-size=' 'big-value=' 'timeout=' 'dirty-limit=' 'grow-backlog=' 'db=+' 'max-rate=' 'max-bandwidth=' 'accept-skew=' 'replace' 'copy-acl=' 'no-copy-acl' 'feed=' 'force' 'max-lag=' 'max-pause=' 'fence=' 'verify=' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
            case 'check'
                __ferrite-migrate_parse_subcommand 1 'strict' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
            end
        case 'repl'
            __ferrite-migrate_parse_subcommand 0 'keep-going' 'config=' 'journal=' 'format=' 'color=' 'log-format=' 'quiet' 'verbose' 'version' 'h/help'
        case 'help'
            __ferrite-migrate_parse_subcommand -r 1 'version'
        end
    end
end

function __ferrite-migrate_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __ferrite-migrate_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __ferrite-migrate_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __ferrite-migrate_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__ferrite-migrate_tokens -p)
    if test -z "$(__ferrite-migrate_tokens -t)"
        set -l index (count (__ferrite-migrate_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'ferrite-migrate' -f
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'migrate' -d 'Start to move a tenant to the target.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'status' -d 'Show where a migration stands.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'pause' -d 'Stop copying, and go on noting what changes.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'resume' -d 'Go on with a migration that is paused, interrupted or failed.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'cancel' -d 'Give a migration up and remove its copy from the target.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'update' -d 'Let a migration go slower or faster.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'cutover' -d 'Switch the tenant\'s clients to the target.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'verify' -d 'Compare the tenant\'s keys at source and target.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'cleanup' -d 'Remove a tenant from the source it was moved from.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'validate' -d 'Ask both servers whether a tenant could be migrated.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'metrics' -d 'Print the metrics of all migrations.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'config' -d 'Show the settings that are in force, or check a settings file.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'repl' -d 'Open a prompt for these verbs, or run a script of them.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" source' -l 'source' -d 'The server that has the tenant: host:port or redis://user@host:port/db, rediss:// for TLS; a,b where it may fail over.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" target' -l 'target' -d 'The server that gets the tenant, written the same way.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" source-user' -l 'source-user' -d 'The ACL user at the source, if not in the URL.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" target-user' -l 'target-user' -d 'The ACL user at the target, if not in the URL.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" source-password-file' -l 'source-password-file' -d 'A file whose first line is the source\'s password; better than a password in the URL.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" target-password-file' -l 'target-password-file' -d 'A file whose first line is the target\'s password.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" source-key-passphrase-file' -l 'source-key-passphrase-file' -d 'A file whose first line is the passphrase of the source\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" target-key-passphrase-file' -l 'target-key-passphrase-file' -d 'A file whose first line is the passphrase of the target\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" source-cacert' -l 'source-cacert' -d 'The CA certificates that the source\'s certificate is verified against: a PEM file or a folder of them.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" target-cacert' -l 'target-cacert' -d 'The same for the target.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" source-cert' -l 'source-cert' -d 'The client certificate for the source, a PEM file.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" target-cert' -l 'target-cert' -d 'The same for the target.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" source-key' -l 'source-key' -d 'The private key of the source\'s client certificate, a PEM file.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" target-key' -l 'target-key' -d 'The same for the target.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" source-sni' -l 'source-sni' -d 'The name that the source\'s certificate must have, if not the host in the URL.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" target-sni' -l 'target-sni' -d 'The same for the target.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" source-insecure' -l 'source-insecure' -d 'Do not verify the source\'s certificate: whoever is between can read and change everything.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" target-insecure' -l 'target-insecure' -d 'The same for the target.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" source-tls-min' -l 'source-tls-min' -d 'The oldest version of TLS for the source: 1.2 or 1.3 (default: 1.2).' -rfka '1.2 1.3'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" target-tls-min' -l 'target-tls-min' -d 'The same for the target.' -rfka '1.2 1.3'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" mode' -l 'mode' -d 'How the tenant moves: live (default: live).' -rfka 'live'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" parallel' -l 'parallel' -d 'Lanes that copy at once, 1 to 64 (default: 4).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" batch-size' -l 'batch-size' -d 'Keys asked for at once in a lane, 1 to 100000 (default: 1000).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" big-value' -l 'big-value' -d 'Bytes of memory from which on a value moves in pieces, 65536 to 17179869184 (default: 16777216).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" timeout' -l 'timeout' -d 'Seconds until live_sync must be reached (default: 3600).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" dirty-limit' -l 'dirty-limit' -d 'Memory for changed keys that wait in a pause or for a target (default: 100663296).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" grow-backlog' -l 'grow-backlog' -d 'Let the source\'s replication backlog hold so much for the migration\'s time, and put it back at the end.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate"' -l 'db' -d 'Only this database; may be repeated, or be a list such as 0,3 (default: all).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" max-rate' -l 'max-rate' -d 'Keys moved in a second, at most; 0 for no limit (default: 0).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" max-bandwidth' -l 'max-bandwidth' -d 'Bytes of values moved in a second, at most, also as 10mb; 0 for no limit (default: 0).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" accept-skew' -l 'accept-skew' -d 'Go ahead although the servers\' clocks are up to so far apart; keys may die as much too early or too late.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" replace' -l 'replace' -d 'Go ahead although the target holds keys of the tenant; what the source lacks is removed there.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" copy-acl' -l 'copy-acl' -d 'Key patterns of the tenant\'s ACL users to copy: tenant (within its prefix) or all (default: tenant).' -rfka 'tenant all'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" no-copy-acl' -l 'no-copy-acl' -d 'Leave the tenant\'s ACL users alone.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" feed' -l 'feed' -d 'How changes at the source are noticed: replication, notifications (keyspace notifications, for servers that refuse PSYNC), or auto, which takes replication where it is allowed (default: auto).' -rfka 'auto replication notifications'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" metrics-listen' -l 'metrics-listen' -d 'Answer /metrics and /healthz there while the worker lives; port 0 is any free one (default: nowhere).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" metrics-file' -l 'metrics-file' -d 'Write the metrics to this file every few seconds and at the end, for node_exporter; {tenant} and {id} are replaced, and in a folder it is ferrite_migrate_{tenant}.prom (default: nowhere).' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" hooks' -l 'hooks' -d 'A folder with programs that the worker runs at what their names say: before-cutover, failed and others (default: none).' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" hook-timeout' -l 'hook-timeout' -d 'How long one of them may take (default: 30).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" lag-high' -l 'lag-high' -d 'The lag from which on lag-high is run (default: 10000).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" foreground' -l 'foreground' -d 'Stay, show the progress and return when the migration has ended.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" wait' -l 'wait' -d 'Return when this phase is reached: initial_sync, live_sync, cleanup or completed.' -rfka 'initial_sync live_sync cleanup completed'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate migrate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate status" -eq 1' -fka '(__ferrite-migrate_custom_completion ---completion status -- positional@0 (count (__ferrite-migrate_tokens -pc)) (__ferrite-migrate_tokens -tC))'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" all' -l 'all' -d 'With ALL: list also those with which nothing is left to do.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" watch' -l 'watch' -d 'Go on until the migration has ended: redrawn on a terminal, else one line for each change.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate status" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate pause" -eq 1' -fka '(__ferrite-migrate_custom_completion ---completion pause -- positional@0 (count (__ferrite-migrate_tokens -pc)) (__ferrite-migrate_tokens -tC))'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate pause" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate pause" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate pause" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate pause" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate pause" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate pause" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate pause" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate pause" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate pause" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate resume" -eq 1' -fka '(__ferrite-migrate_custom_completion ---completion resume -- positional@0 (count (__ferrite-migrate_tokens -pc)) (__ferrite-migrate_tokens -tC))'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" wait' -l 'wait' -d 'Return when this phase is reached: initial_sync, live_sync, cleanup or completed.' -rfka 'initial_sync live_sync cleanup completed'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" source-password-file' -l 'source-password-file' -d 'A file whose first line is the source\'s password; better than a password in the URL.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" target-password-file' -l 'target-password-file' -d 'A file whose first line is the target\'s password.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" source-key-passphrase-file' -l 'source-key-passphrase-file' -d 'A file whose first line is the passphrase of the source\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" target-key-passphrase-file' -l 'target-key-passphrase-file' -d 'A file whose first line is the passphrase of the target\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" metrics-listen' -l 'metrics-listen' -d 'Answer /metrics and /healthz there while the worker lives; port 0 is any free one (default: nowhere).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" metrics-file' -l 'metrics-file' -d 'Write the metrics to this file every few seconds and at the end, for node_exporter; {tenant} and {id} are replaced, and in a folder it is ferrite_migrate_{tenant}.prom (default: nowhere).' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" hooks' -l 'hooks' -d 'A folder with programs that the worker runs at what their names say: before-cutover, failed and others (default: none).' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" hook-timeout' -l 'hook-timeout' -d 'How long one of them may take (default: 30).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" lag-high' -l 'lag-high' -d 'The lag from which on lag-high is run (default: 10000).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate resume" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate cancel" -eq 1' -fka '(__ferrite-migrate_custom_completion ---completion cancel -- positional@0 (count (__ferrite-migrate_tokens -pc)) (__ferrite-migrate_tokens -tC))'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" force' -l 'force' -d 'Remove every key of the tenant at the target, also those that this migration did not put there.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" source-password-file' -l 'source-password-file' -d 'A file whose first line is the source\'s password; better than a password in the URL.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" target-password-file' -l 'target-password-file' -d 'A file whose first line is the target\'s password.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" source-key-passphrase-file' -l 'source-key-passphrase-file' -d 'A file whose first line is the passphrase of the source\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" target-key-passphrase-file' -l 'target-key-passphrase-file' -d 'A file whose first line is the passphrase of the target\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cancel" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate update" -eq 1' -fka '(__ferrite-migrate_custom_completion ---completion update -- positional@0 (count (__ferrite-migrate_tokens -pc)) (__ferrite-migrate_tokens -tC))'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" parallel' -l 'parallel' -d 'Lanes that copy at once, 1 to 64.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" batch-size' -l 'batch-size' -d 'Keys asked for at once in a lane, 1 to 100000.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" max-rate' -l 'max-rate' -d 'Keys moved in a second, at most; 0 lifts the limit.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" max-bandwidth' -l 'max-bandwidth' -d 'Bytes of values moved in a second, at most, also as 10mb; 0 lifts the limit.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" accept-skew' -l 'accept-skew' -d 'Go ahead although the servers\' clocks are up to so far apart; keys may die as much too early or too late; 0 takes that back.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate update" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate cutover" -eq 1' -fka '(__ferrite-migrate_custom_completion ---completion cutover -- positional@0 (count (__ferrite-migrate_tokens -pc)) (__ferrite-migrate_tokens -tC))'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" force' -l 'force' -d 'Go ahead although lag_keys is over the limit.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" max-lag' -l 'max-lag' -d 'Keys of lag up to which a cutover starts (default: 1000).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" max-pause' -l 'max-pause' -d 'The pause budget: past it the fence is lowered and live sync goes on (default: 5000).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" fence' -l 'fence' -d 'What keeps the tenant\'s writes off the source: acl (its users become read-only), pause (CLIENT PAUSE: the writes of every tenant wait) or none (you have stopped the writers) (default: acl).' -rfka 'acl pause none'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" verify' -l 'verify' -d 'How much is compared across the switch: full, sample or none (default: full).' -rfka 'full sample none'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" scheduled' -l 'scheduled' -d 'Let the worker cut over at this time: 2026-12-01T02:00:00Z, 2026-12-01T02:00:00+01:00 or \'2026-12-01 02:00 Europe/Berlin\'.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" window' -l 'window' -d 'How long behind that time it is tried while it cannot be, such as 90s, 30m or 2h (default: 10m).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" unschedule' -l 'unschedule' -d 'Take back what was scheduled.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" when-ready' -l 'when-ready' -d 'Wait until the migration is in live_sync with little lag, and cut over then.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" wait' -l 'wait' -d 'How long --when-ready waits, such as 90s, 30m or 2h (default: without end); exit code 75 past it.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" until-verified' -l 'until-verified' -d 'Return when the comparison across the switch has ended, and show it.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" retry' -l 'retry' -d 'Repeat the last cutover, which failed, with its options; those that are given count instead.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" cleanup' -l 'cleanup' -d 'Remove the tenant from the source once the comparison has found no difference; includes --until-verified.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" yes' -l 'yes' -d 'With --cleanup: do not ask.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" plan' -l 'plan' -d 'Show each step, whom it would fence and how long the pause would be; change nothing.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" source-user' -l 'source-user' -d 'With --plan, ask the source as this user, who need only read; see docs/permissions.md.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" target-user' -l 'target-user' -d 'With --plan, ask the target as this user.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" source-password-file' -l 'source-password-file' -d 'A file whose first line is the source\'s password; better than a password in the URL.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" target-password-file' -l 'target-password-file' -d 'A file whose first line is the target\'s password.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" source-key-passphrase-file' -l 'source-key-passphrase-file' -d 'A file whose first line is the passphrase of the source\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" target-key-passphrase-file' -l 'target-key-passphrase-file' -d 'A file whose first line is the passphrase of the target\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cutover" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate verify" -eq 1' -fka '(__ferrite-migrate_custom_completion ---completion verify -- positional@0 (count (__ferrite-migrate_tokens -pc)) (__ferrite-migrate_tokens -tC))'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" sample' -l 'sample' -d 'Compare the values of so many keys drawn at random, and the names of all.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" again' -l 'again' -d 'Compare anew, although traffic was switched and the comparison across the switch is known.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" source-password-file' -l 'source-password-file' -d 'A file whose first line is the source\'s password; better than a password in the URL.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" target-password-file' -l 'target-password-file' -d 'A file whose first line is the target\'s password.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" source-key-passphrase-file' -l 'source-key-passphrase-file' -d 'A file whose first line is the passphrase of the source\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" target-key-passphrase-file' -l 'target-key-passphrase-file' -d 'A file whose first line is the passphrase of the target\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate verify" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate cleanup" -eq 1' -fka '(__ferrite-migrate_custom_completion ---completion cleanup -- positional@0 (count (__ferrite-migrate_tokens -pc)) (__ferrite-migrate_tokens -tC))'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" yes' -l 'yes' -d 'Do not ask.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" force' -l 'force' -d 'Remove also keys that have come since the comparison, those that could not be compared, and where a user that no fence holds can write.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" rate' -l 'rate' -d 'Keys removed in a second, at most (default: 100000).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" source-password-file' -l 'source-password-file' -d 'A file whose first line is the source\'s password; better than a password in the URL.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" target-password-file' -l 'target-password-file' -d 'A file whose first line is the target\'s password.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" source-key-passphrase-file' -l 'source-key-passphrase-file' -d 'A file whose first line is the passphrase of the source\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" target-key-passphrase-file' -l 'target-key-passphrase-file' -d 'A file whose first line is the passphrase of the target\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate cleanup" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" source' -l 'source' -d 'The server that has the tenant: host:port or redis://user@host:port/db, rediss:// for TLS; a,b where it may fail over.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" target' -l 'target' -d 'The server that gets the tenant, written the same way.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" source-user' -l 'source-user' -d 'The ACL user at the source, if not in the URL.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" target-user' -l 'target-user' -d 'The ACL user at the target, if not in the URL.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" source-password-file' -l 'source-password-file' -d 'A file whose first line is the source\'s password; better than a password in the URL.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" target-password-file' -l 'target-password-file' -d 'A file whose first line is the target\'s password.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" source-key-passphrase-file' -l 'source-key-passphrase-file' -d 'A file whose first line is the passphrase of the source\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" target-key-passphrase-file' -l 'target-key-passphrase-file' -d 'A file whose first line is the passphrase of the target\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" source-cacert' -l 'source-cacert' -d 'The CA certificates that the source\'s certificate is verified against: a PEM file or a folder of them.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" target-cacert' -l 'target-cacert' -d 'The same for the target.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" source-cert' -l 'source-cert' -d 'The client certificate for the source, a PEM file.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" target-cert' -l 'target-cert' -d 'The same for the target.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" source-key' -l 'source-key' -d 'The private key of the source\'s client certificate, a PEM file.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" target-key' -l 'target-key' -d 'The same for the target.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" source-sni' -l 'source-sni' -d 'The name that the source\'s certificate must have, if not the host in the URL.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" target-sni' -l 'target-sni' -d 'The same for the target.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" source-insecure' -l 'source-insecure' -d 'Do not verify the source\'s certificate: whoever is between can read and change everything.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" target-insecure' -l 'target-insecure' -d 'The same for the target.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" source-tls-min' -l 'source-tls-min' -d 'The oldest version of TLS for the source: 1.2 or 1.3 (default: 1.2).' -rfka '1.2 1.3'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" target-tls-min' -l 'target-tls-min' -d 'The same for the target.' -rfka '1.2 1.3'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" mode' -l 'mode' -d 'How the tenant moves: live (default: live).' -rfka 'live'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" parallel' -l 'parallel' -d 'Lanes that copy at once, 1 to 64 (default: 4).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" batch-size' -l 'batch-size' -d 'Keys asked for at once in a lane, 1 to 100000 (default: 1000).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" big-value' -l 'big-value' -d 'Bytes of memory from which on a value moves in pieces, 65536 to 17179869184 (default: 16777216).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" timeout' -l 'timeout' -d 'Seconds until live_sync must be reached (default: 3600).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" dirty-limit' -l 'dirty-limit' -d 'Memory for changed keys that wait in a pause or for a target (default: 100663296).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" grow-backlog' -l 'grow-backlog' -d 'Let the source\'s replication backlog hold so much for the migration\'s time, and put it back at the end.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate"' -l 'db' -d 'Only this database; may be repeated, or be a list such as 0,3 (default: all).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" max-rate' -l 'max-rate' -d 'Keys moved in a second, at most; 0 for no limit (default: 0).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" max-bandwidth' -l 'max-bandwidth' -d 'Bytes of values moved in a second, at most, also as 10mb; 0 for no limit (default: 0).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" accept-skew' -l 'accept-skew' -d 'Go ahead although the servers\' clocks are up to so far apart; keys may die as much too early or too late.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" replace' -l 'replace' -d 'Go ahead although the target holds keys of the tenant; what the source lacks is removed there.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" copy-acl' -l 'copy-acl' -d 'Key patterns of the tenant\'s ACL users to copy: tenant (within its prefix) or all (default: tenant).' -rfka 'tenant all'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" no-copy-acl' -l 'no-copy-acl' -d 'Leave the tenant\'s ACL users alone.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" feed' -l 'feed' -d 'How changes at the source are noticed: replication, notifications (keyspace notifications, for servers that refuse PSYNC), or auto, which takes replication where it is allowed (default: auto).' -rfka 'auto replication notifications'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate validate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate metrics" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate metrics" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate metrics" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate metrics" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate metrics" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate metrics" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate metrics" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate metrics" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate metrics" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate config" -eq 1' -fa 'show' -d 'Show every setting with its value and where that comes from.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate config" -eq 1' -fa 'check' -d 'Read a settings file and say all that is wrong with it.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" source' -l 'source' -d 'The server that has the tenant: host:port or redis://user@host:port/db, rediss:// for TLS; a,b where it may fail over.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" target' -l 'target' -d 'The server that gets the tenant, written the same way.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" source-user' -l 'source-user' -d 'The ACL user at the source, if not in the URL.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" target-user' -l 'target-user' -d 'The ACL user at the target, if not in the URL.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" source-password-file' -l 'source-password-file' -d 'A file whose first line is the source\'s password; better than a password in the URL.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" target-password-file' -l 'target-password-file' -d 'A file whose first line is the target\'s password.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" source-key-passphrase-file' -l 'source-key-passphrase-file' -d 'A file whose first line is the passphrase of the source\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" target-key-passphrase-file' -l 'target-key-passphrase-file' -d 'A file whose first line is the passphrase of the target\'s key.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" source-cacert' -l 'source-cacert' -d 'The CA certificates that the source\'s certificate is verified against: a PEM file or a folder of them.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" target-cacert' -l 'target-cacert' -d 'The same for the target.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" source-cert' -l 'source-cert' -d 'The client certificate for the source, a PEM file.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" target-cert' -l 'target-cert' -d 'The same for the target.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" source-key' -l 'source-key' -d 'The private key of the source\'s client certificate, a PEM file.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" target-key' -l 'target-key' -d 'The same for the target.' -rF
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" source-sni' -l 'source-sni' -d 'The name that the source\'s certificate must have, if not the host in the URL.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" target-sni' -l 'target-sni' -d 'The same for the target.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" source-insecure' -l 'source-insecure' -d 'Do not verify the source\'s certificate: whoever is between can read and change everything.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" target-insecure' -l 'target-insecure' -d 'The same for the target.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" source-tls-min' -l 'source-tls-min' -d 'The oldest version of TLS for the source: 1.2 or 1.3 (default: 1.2).' -rfka '1.2 1.3'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" target-tls-min' -l 'target-tls-min' -d 'The same for the target.' -rfka '1.2 1.3'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" mode' -l 'mode' -d 'How the tenant moves: live (default: live).' -rfka 'live'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" parallel' -l 'parallel' -d 'Lanes that copy at once, 1 to 64 (default: 4).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" batch-size' -l 'batch-size' -d 'Keys asked for at once in a lane, 1 to 100000 (default: 1000).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" big-value' -l 'big-value' -d 'Bytes of memory from which on a value moves in pieces, 65536 to 17179869184 (default: 16777216).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" timeout' -l 'timeout' -d 'Seconds until live_sync must be reached (default: 3600).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" dirty-limit' -l 'dirty-limit' -d 'Memory for changed keys that wait in a pause or for a target (default: 100663296).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" grow-backlog' -l 'grow-backlog' -d 'Let the source\'s replication backlog hold so much for the migration\'s time, and put it back at the end.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show"' -l 'db' -d 'Only this database; may be repeated, or be a list such as 0,3 (default: all).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" max-rate' -l 'max-rate' -d 'Keys moved in a second, at most; 0 for no limit (default: 0).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" max-bandwidth' -l 'max-bandwidth' -d 'Bytes of values moved in a second, at most, also as 10mb; 0 for no limit (default: 0).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" accept-skew' -l 'accept-skew' -d 'Go ahead although the servers\' clocks are up to so far apart; keys may die as much too early or too late.' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" replace' -l 'replace' -d 'Go ahead although the target holds keys of the tenant; what the source lacks is removed there.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" copy-acl' -l 'copy-acl' -d 'Key patterns of the tenant\'s ACL users to copy: tenant (within its prefix) or all (default: tenant).' -rfka 'tenant all'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" no-copy-acl' -l 'no-copy-acl' -d 'Leave the tenant\'s ACL users alone.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" feed' -l 'feed' -d 'How changes at the source are noticed: replication, notifications (keyspace notifications, for servers that refuse PSYNC), or auto, which takes replication where it is allowed (default: auto).' -rfka 'auto replication notifications'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" force' -l 'force' -d 'Go ahead although lag_keys is over the limit.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" max-lag' -l 'max-lag' -d 'Keys of lag up to which a cutover starts (default: 1000).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" max-pause' -l 'max-pause' -d 'The pause budget: past it the fence is lowered and live sync goes on (default: 5000).' -rfka ''
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" fence' -l 'fence' -d 'What keeps the tenant\'s writes off the source: acl (its users become read-only), pause (CLIENT PAUSE: the writes of every tenant wait) or none (you have stopped the writers) (default: acl).' -rfka 'acl pause none'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" verify' -l 'verify' -d 'How much is compared across the switch: full, sample or none (default: full).' -rfka 'full sample none'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config show" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_positional "ferrite-migrate config check" -eq 1' -F
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config check" strict' -l 'strict' -d 'Warnings count as errors.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config check" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config check" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config check" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config check" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config check" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config check" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config check" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config check" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate config check" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate repl" keep-going' -l 'keep-going' -d 'In a script: go on behind a line that fails; the exit code is still that of the first such line.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate repl" config' -l 'config' -d 'The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate repl" journal' -l 'journal' -d 'The folder that holds the migrations\' journals.' -rfa '(__ferrite-migrate_complete_directories)'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate repl" format' -l 'format' -d 'How results are written: raw, pretty or json (default: pretty on a terminal, else raw).' -rfka 'raw pretty json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate repl" color' -l 'color' -d 'Colour: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto).' -rfka 'auto always never'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate repl" log-format' -l 'log-format' -d 'How a worker that is started writes its log: text or json (default: text).' -rfka 'text json'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate repl" quiet' -l 'quiet' -d 'Say nothing but results and errors: no notices, no warnings, no progress.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate repl" verbose' -l 'verbose' -d 'Say what is done, and let a worker that is started log in detail.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate repl" version' -l 'version' -d 'Show the version.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate repl" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ferrite-migrate' -n '__ferrite-migrate_should_offer_completions_for_flags_or_options "ferrite-migrate help" version' -l 'version' -d 'Show the version.'
