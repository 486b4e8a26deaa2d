using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace XcpBroker.Config.Services;

/// <summary>The text of Exec=: words as the shell reads them, and nothing else that a shell does.</summary>
/// <remarks>
/// As dbus-daemon (dbus/dbus-shell.c, _dbus_shell_parse_argv): blanks and newlines part words; within '...' everything is literal;
/// within "..." a backslash escapes " \ ` $ and newline; elsewhere it escapes any character and joins lines. Variables, globs and
/// operators stay as they are written. Two of its mistakes are not repeated: a blank at the end makes no empty argument, and '#' begins a
/// comment at the beginning of a word only.
/// </remarks>
public static class CommandLineText
{
    /// <summary>Splits a text into words.</summary>
    /// <param name="text">As in Exec=, with the escapes of the file undone.</param>
    /// <param name="words">At least one, the first of which is not empty.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TrySplit(string text, [NotNullWhen(true)] out IReadOnlyList<string>? words, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        words = null;
        List<string> read = [];
        int position = 0;
        while (TryFindWord(text, ref position))
        {
            if (!TryReadWord(text, ref position, out string? word, out error))
            {
                return false;
            }

            // A backslash before a newline is nothing, not even an empty word.
            if (word is not null)
            {
                read.Add(word);
            }
        }

        error = read.Count == 0 || read[0].Length == 0 ? "there is no program" : null;
        words = error is null ? read : null;
        return error is null;
    }

    private static bool TryFindWord(string text, ref int position)
    {
        while (position < text.Length)
        {
            if (text[position] == '#')
            {
                int end = text.IndexOf('\n', position);
                position = end < 0 ? text.Length : end;
            }
            else if (!IsBlank(text[position]))
            {
                return true;
            }
            else
            {
                position++;
            }
        }

        return false;
    }

    private static bool TryReadWord(string text, ref int position, out string? word, [NotNullWhen(false)] out string? error)
    {
        StringBuilder letters = new();
        bool isWord = false;
        while (position < text.Length && !IsBlank(text[position]))
        {
            char letter = text[position++];
            if (letter is '\'' or '"')
            {
                isWord = true;
                if (!TryReadQuoted(text, ref position, letter, letters))
                {
                    word = null;
                    error = $"a quote is not closed: {letter}";
                    return false;
                }
            }
            else if (letter == '\\')
            {
                if (position == text.Length)
                {
                    word = null;
                    error = "it ends in '\\'";
                    return false;
                }

                char escaped = text[position++];
                isWord |= escaped != '\n';
                _ = escaped == '\n' ? letters : letters.Append(escaped);
            }
            else
            {
                isWord = true;
                letters.Append(letter);
            }
        }

        word = isWord ? letters.ToString() : null;
        error = null;
        return true;
    }

    private static bool TryReadQuoted(string text, ref int position, char quote, StringBuilder letters)
    {
        while (position < text.Length)
        {
            char letter = text[position++];
            if (letter == quote)
            {
                return true;
            }

            if (letter == '\\' && quote == '"' && position < text.Length && text[position] is '"' or '\\' or '`' or '$' or '\n')
            {
                letter = text[position++];
            }

            letters.Append(letter);
        }

        return false;
    }

    private static bool IsBlank(char letter) => letter is ' ' or '\t' or '\n';
}
