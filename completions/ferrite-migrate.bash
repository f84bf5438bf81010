#!/bin/bash

__ferrite-migrate_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__ferrite-migrate_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__ferrite-migrate_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__ferrite-migrate_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_ferrite-migrate() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=()
    local -a non_repeating_flags=(--version -h --help)
    local -a repeating_options=()
    local -a non_repeating_options=()
    __ferrite-migrate_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    migrate|status|pause|resume|cancel|update|cutover|verify|cleanup|validate|metrics|config|repl|help)
        # Offer subcommand argument completions
        "_ferrite-migrate_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'migrate status pause resume cancel update cutover verify cleanup validate metrics config repl help' -- "${cur}"))
        ;;
    esac
}

_ferrite-migrate_migrate() {
    repeating_flags=()
    non_repeating_flags=(--source-insecure --target-insecure --replace --no-copy-acl --foreground --quiet --verbose --version -h --help)
    repeating_options=(--db)
    non_repeating_options=(--source --target --source-user --target-user --source-password-file --target-password-file --source-password-command --target-password-command --source-key-passphrase-file --target-key-passphrase-file --source-cacert --target-cacert --source-cert --target-cert --source-key --target-key --source-sni --target-sni --source-tls-min --target-tls-min --mode --parallel --batch-size --big-value --timeout --dirty-limit --grow-backlog --max-rate --max-bandwidth --accept-skew --copy-acl --feed --metrics-listen --metrics-file --hooks --hook-timeout --lag-high --wait --config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--source')
        return
        ;;
    '--target')
        return
        ;;
    '--source-user')
        return
        ;;
    '--target-user')
        return
        ;;
    '--source-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-password-command')
        return
        ;;
    '--target-password-command')
        return
        ;;
    '--source-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-cacert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-cacert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-cert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-cert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-key')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-sni')
        return
        ;;
    '--target-sni')
        return
        ;;
    '--source-tls-min')
        __ferrite-migrate_add_completions -W '1.2'$'\n''1.3'
        return
        ;;
    '--target-tls-min')
        __ferrite-migrate_add_completions -W '1.2'$'\n''1.3'
        return
        ;;
    '--mode')
        __ferrite-migrate_add_completions -W 'live'
        return
        ;;
    '--parallel')
        return
        ;;
    '--batch-size')
        return
        ;;
    '--big-value')
        return
        ;;
    '--timeout')
        return
        ;;
    '--dirty-limit')
        return
        ;;
    '--grow-backlog')
        return
        ;;
    '--db')
        return
        ;;
    '--max-rate')
        return
        ;;
    '--max-bandwidth')
        return
        ;;
    '--accept-skew')
        return
        ;;
    '--copy-acl')
        __ferrite-migrate_add_completions -W 'tenant'$'\n''all'
        return
        ;;
    '--feed')
        __ferrite-migrate_add_completions -W 'auto'$'\n''replication'$'\n''notifications'
        return
        ;;
    '--metrics-listen')
        return
        ;;
    '--metrics-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--hooks')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--hook-timeout')
        return
        ;;
    '--lag-high')
        return
        ;;
    '--wait')
        __ferrite-migrate_add_completions -W 'initial_sync'$'\n''live_sync'$'\n''cleanup'$'\n''completed'
        return
        ;;
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_ferrite-migrate_status() {
    repeating_flags=()
    non_repeating_flags=(--all --watch --quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __ferrite-migrate_add_completions -W "$(__ferrite-migrate_custom_complete ---completion status -- positional@0 "${COMP_CWORD}" "$(__ferrite-migrate_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_ferrite-migrate_pause() {
    repeating_flags=()
    non_repeating_flags=(--quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __ferrite-migrate_add_completions -W "$(__ferrite-migrate_custom_complete ---completion pause -- positional@0 "${COMP_CWORD}" "$(__ferrite-migrate_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_ferrite-migrate_resume() {
    repeating_flags=()
    non_repeating_flags=(--quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--wait --source-password-file --target-password-file --source-password-command --target-password-command --source-key-passphrase-file --target-key-passphrase-file --metrics-listen --metrics-file --hooks --hook-timeout --lag-high --config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--wait')
        __ferrite-migrate_add_completions -W 'initial_sync'$'\n''live_sync'$'\n''cleanup'$'\n''completed'
        return
        ;;
    '--source-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-password-command')
        return
        ;;
    '--target-password-command')
        return
        ;;
    '--source-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--metrics-listen')
        return
        ;;
    '--metrics-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--hooks')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--hook-timeout')
        return
        ;;
    '--lag-high')
        return
        ;;
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __ferrite-migrate_add_completions -W "$(__ferrite-migrate_custom_complete ---completion resume -- positional@0 "${COMP_CWORD}" "$(__ferrite-migrate_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_ferrite-migrate_cancel() {
    repeating_flags=()
    non_repeating_flags=(--force --quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--source-password-file --target-password-file --source-password-command --target-password-command --source-key-passphrase-file --target-key-passphrase-file --config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--source-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-password-command')
        return
        ;;
    '--target-password-command')
        return
        ;;
    '--source-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __ferrite-migrate_add_completions -W "$(__ferrite-migrate_custom_complete ---completion cancel -- positional@0 "${COMP_CWORD}" "$(__ferrite-migrate_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_ferrite-migrate_update() {
    repeating_flags=()
    non_repeating_flags=(--quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--parallel --batch-size --max-rate --max-bandwidth --accept-skew --config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--parallel')
        return
        ;;
    '--batch-size')
        return
        ;;
    '--max-rate')
        return
        ;;
    '--max-bandwidth')
        return
        ;;
    '--accept-skew')
        return
        ;;
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __ferrite-migrate_add_completions -W "$(__ferrite-migrate_custom_complete ---completion update -- positional@0 "${COMP_CWORD}" "$(__ferrite-migrate_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_ferrite-migrate_cutover() {
    repeating_flags=()
    non_repeating_flags=(--force --unschedule --when-ready --until-verified --retry --cleanup --yes --plan --quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--max-lag --max-pause --fence --verify --scheduled --window --wait --source-user --target-user --source-password-file --target-password-file --source-password-command --target-password-command --source-key-passphrase-file --target-key-passphrase-file --config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--max-lag')
        return
        ;;
    '--max-pause')
        return
        ;;
    '--fence')
        __ferrite-migrate_add_completions -W 'acl'$'\n''pause'$'\n''none'
        return
        ;;
    '--verify')
        __ferrite-migrate_add_completions -W 'full'$'\n''sample'$'\n''none'
        return
        ;;
    '--scheduled')
        return
        ;;
    '--window')
        return
        ;;
    '--wait')
        return
        ;;
    '--source-user')
        return
        ;;
    '--target-user')
        return
        ;;
    '--source-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-password-command')
        return
        ;;
    '--target-password-command')
        return
        ;;
    '--source-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __ferrite-migrate_add_completions -W "$(__ferrite-migrate_custom_complete ---completion cutover -- positional@0 "${COMP_CWORD}" "$(__ferrite-migrate_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_ferrite-migrate_verify() {
    repeating_flags=()
    non_repeating_flags=(--again --quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--sample --source-password-file --target-password-file --source-password-command --target-password-command --source-key-passphrase-file --target-key-passphrase-file --config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--sample')
        return
        ;;
    '--source-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-password-command')
        return
        ;;
    '--target-password-command')
        return
        ;;
    '--source-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __ferrite-migrate_add_completions -W "$(__ferrite-migrate_custom_complete ---completion verify -- positional@0 "${COMP_CWORD}" "$(__ferrite-migrate_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_ferrite-migrate_cleanup() {
    repeating_flags=()
    non_repeating_flags=(--yes --force --quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--rate --source-password-file --target-password-file --source-password-command --target-password-command --source-key-passphrase-file --target-key-passphrase-file --config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--rate')
        return
        ;;
    '--source-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-password-command')
        return
        ;;
    '--target-password-command')
        return
        ;;
    '--source-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __ferrite-migrate_add_completions -W "$(__ferrite-migrate_custom_complete ---completion cleanup -- positional@0 "${COMP_CWORD}" "$(__ferrite-migrate_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_ferrite-migrate_validate() {
    repeating_flags=()
    non_repeating_flags=(--source-insecure --target-insecure --replace --no-copy-acl --quiet --verbose --version -h --help)
    repeating_options=(--db)
    non_repeating_options=(--source --target --source-user --target-user --source-password-file --target-password-file --source-password-command --target-password-command --source-key-passphrase-file --target-key-passphrase-file --source-cacert --target-cacert --source-cert --target-cert --source-key --target-key --source-sni --target-sni --source-tls-min --target-tls-min --mode --parallel --batch-size --big-value --timeout --dirty-limit --grow-backlog --max-rate --max-bandwidth --accept-skew --copy-acl --feed --config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--source')
        return
        ;;
    '--target')
        return
        ;;
    '--source-user')
        return
        ;;
    '--target-user')
        return
        ;;
    '--source-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-password-command')
        return
        ;;
    '--target-password-command')
        return
        ;;
    '--source-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-cacert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-cacert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-cert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-cert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-key')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-sni')
        return
        ;;
    '--target-sni')
        return
        ;;
    '--source-tls-min')
        __ferrite-migrate_add_completions -W '1.2'$'\n''1.3'
        return
        ;;
    '--target-tls-min')
        __ferrite-migrate_add_completions -W '1.2'$'\n''1.3'
        return
        ;;
    '--mode')
        __ferrite-migrate_add_completions -W 'live'
        return
        ;;
    '--parallel')
        return
        ;;
    '--batch-size')
        return
        ;;
    '--big-value')
        return
        ;;
    '--timeout')
        return
        ;;
    '--dirty-limit')
        return
        ;;
    '--grow-backlog')
        return
        ;;
    '--db')
        return
        ;;
    '--max-rate')
        return
        ;;
    '--max-bandwidth')
        return
        ;;
    '--accept-skew')
        return
        ;;
    '--copy-acl')
        __ferrite-migrate_add_completions -W 'tenant'$'\n''all'
        return
        ;;
    '--feed')
        __ferrite-migrate_add_completions -W 'auto'$'\n''replication'$'\n''notifications'
        return
        ;;
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_ferrite-migrate_metrics() {
    repeating_flags=()
    non_repeating_flags=(--quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_ferrite-migrate_config() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __ferrite-migrate_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    show|check)
        # Offer subcommand argument completions
        "_ferrite-migrate_config_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'show check' -- "${cur}"))
        ;;
    esac
}

_ferrite-migrate_config_show() {
    repeating_flags=()
    non_repeating_flags=(--source-insecure --target-insecure --replace --no-copy-acl --force --quiet --verbose --version -h --help)
    repeating_options=(--db)
    non_repeating_options=(--source --target --source-user --target-user --source-password-file --target-password-file --source-password-command --target-password-command --source-key-passphrase-file --target-key-passphrase-file --source-cacert --target-cacert --source-cert --target-cert --source-key --target-key --source-sni --target-sni --source-tls-min --target-tls-min --mode --parallel --batch-size --big-value --timeout --dirty-limit --grow-backlog --max-rate --max-bandwidth --accept-skew --copy-acl --feed --max-lag --max-pause --fence --verify --config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--source')
        return
        ;;
    '--target')
        return
        ;;
    '--source-user')
        return
        ;;
    '--target-user')
        return
        ;;
    '--source-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-password-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-password-command')
        return
        ;;
    '--target-password-command')
        return
        ;;
    '--source-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key-passphrase-file')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-cacert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-cacert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-cert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-cert')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-key')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--target-key')
        __ferrite-migrate_add_completions -f
        return
        ;;
    '--source-sni')
        return
        ;;
    '--target-sni')
        return
        ;;
    '--source-tls-min')
        __ferrite-migrate_add_completions -W '1.2'$'\n''1.3'
        return
        ;;
    '--target-tls-min')
        __ferrite-migrate_add_completions -W '1.2'$'\n''1.3'
        return
        ;;
    '--mode')
        __ferrite-migrate_add_completions -W 'live'
        return
        ;;
    '--parallel')
        return
        ;;
    '--batch-size')
        return
        ;;
    '--big-value')
        return
        ;;
    '--timeout')
        return
        ;;
    '--dirty-limit')
        return
        ;;
    '--grow-backlog')
        return
        ;;
    '--db')
        return
        ;;
    '--max-rate')
        return
        ;;
    '--max-bandwidth')
        return
        ;;
    '--accept-skew')
        return
        ;;
    '--copy-acl')
        __ferrite-migrate_add_completions -W 'tenant'$'\n''all'
        return
        ;;
    '--feed')
        __ferrite-migrate_add_completions -W 'auto'$'\n''replication'$'\n''notifications'
        return
        ;;
    '--max-lag')
        return
        ;;
    '--max-pause')
        return
        ;;
    '--fence')
        __ferrite-migrate_add_completions -W 'acl'$'\n''pause'$'\n''none'
        return
        ;;
    '--verify')
        __ferrite-migrate_add_completions -W 'full'$'\n''sample'$'\n''none'
        return
        ;;
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_ferrite-migrate_config_check() {
    repeating_flags=()
    non_repeating_flags=(--strict --quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __ferrite-migrate_add_completions -f
        return
        ;;
    esac
}

_ferrite-migrate_repl() {
    repeating_flags=()
    non_repeating_flags=(--keep-going --quiet --verbose --version -h --help)
    repeating_options=()
    non_repeating_options=(--config --journal --format --color --log-format)
    __ferrite-migrate_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--config')
        __ferrite-migrate_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--journal')
        __ferrite-migrate_add_completions -d
        return
        ;;
    '--format')
        __ferrite-migrate_add_completions -W 'raw'$'\n''pretty'$'\n''json'
        return
        ;;
    '--color')
        __ferrite-migrate_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--log-format')
        __ferrite-migrate_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_ferrite-migrate_help() {
    repeating_flags=()
    non_repeating_flags=(--version)
    repeating_options=()
    non_repeating_options=()
    __ferrite-migrate_offer_flags_options -1
}

complete -o filenames -F _ferrite-migrate ferrite-migrate
