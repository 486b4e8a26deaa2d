using System.Diagnostics.CodeAnalysis;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Config.Services;

/// <summary>The lines of one section of a file in the format of desktop entries.</summary>
/// <remarks>
/// As dbus-daemon reads them (bus/desktop-file.c): UTF-8; lines end in LF, CR or both; '#' comments; <c>key=value</c> with spaces around
/// '=' ignored; <c>key[locale]</c> lines skipped; escapes \s \t \n \r \\; the first of two equal sections or keys counts; a mistake
/// anywhere makes the whole file invalid.
/// </remarks>
internal static class DesktopFile
{
    private const string Blanks = " \t\r\n\f";

    /// <summary>Reads one section.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="section">Its name, without brackets.</param>
    /// <param name="pairs">Keys and unescaped values in the order of the file, each key once.</param>
    /// <param name="error">What is wrong, with the number of its line.</param>
    internal static bool TryReadSection(
        ReadOnlySpan<byte> content,
        string section,
        [NotNullWhen(true)] out IReadOnlyList<KeyValuePair<string, string>>? pairs,
        [NotNullWhen(false)] out string? error)
    {
        pairs = null;
        if (!StrictUtf8.IsValid(content))
        {
            error = "it is not UTF-8 without NUL";
            return false;
        }

        List<KeyValuePair<string, string>> read = [];
        string? current = null;
        bool wasSeen = false;
        bool isWanted = false;
        int number = 0;
        foreach (string line in SplitLines(StrictUtf8.Instance.GetString(content)))
        {
            number++;
            string? problem = null;
            if (line.StartsWith('['))
            {
                problem = CheckHeader(line);
                current = problem is null ? line[1..^1] : current;
                isWanted = current == section && !wasSeen;
                wasSeen |= isWanted;
            }
            else if (line.StartsWith('#') || line.AsSpan().Trim(Blanks).IsEmpty)
            {
                continue;
            }
            else
            {
                problem = current is null ? "there is no section before it" : ReadPair(line, isWanted ? read : null);
            }

            if (problem is not null)
            {
                error = $"line {number}: {problem}";
                return false;
            }
        }

        error = wasSeen ? null : $"there is no section [{section}]";
        pairs = wasSeen ? read : null;
        return wasSeen;
    }

    private static IEnumerable<string> SplitLines(string text)
    {
        int start = 0;
        while (start < text.Length)
        {
            int length = text.AsSpan(start).IndexOfAny('\r', '\n');
            if (length < 0)
            {
                yield return text[start..];
                yield break;
            }

            yield return text.Substring(start, length);
            int end = start + length;
            start = end + (text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1);
        }
    }

    private static string? CheckHeader(string line)
    {
        if (line.Length <= 2 || !line.EndsWith(']'))
        {
            return "a section is written [Name]";
        }

        foreach (char letter in line.AsSpan(1, line.Length - 2))
        {
            if (letter is < ' ' or > '~' or '[' or ']')
            {
                return "the name of a section is printable ASCII without brackets";
            }
        }

        return null;
    }

    private static string? ReadPair(string line, List<KeyValuePair<string, string>>? pairs)
    {
        int keyEnd = 0;
        while (keyEnd < line.Length && (char.IsAsciiLetterOrDigit(line[keyEnd]) || line[keyEnd] == '-'))
        {
            keyEnd++;
        }

        if (keyEnd == 0)
        {
            return "it begins with no key (letters, digits and '-')";
        }

        if (keyEnd < line.Length && line[keyEnd] == '[')
        {
            return null;
        }

        int equals = keyEnd;
        while (equals < line.Length && line[equals] == ' ')
        {
            equals++;
        }

        if (equals == line.Length || line[equals] != '=')
        {
            return "there is no '=' after its key";
        }

        string? problem = Unescape(line.AsSpan(equals + 1).TrimStart(' '), out string value);
        string key = line[..keyEnd];
        if (problem is null && pairs is not null && !pairs.Exists(pair => pair.Key == key))
        {
            pairs.Add(new KeyValuePair<string, string>(key, value));
        }

        return problem;
    }

    private static string? Unescape(ReadOnlySpan<char> escaped, out string value)
    {
        value = "";
        char[] letters = new char[escaped.Length];
        int count = 0;
        for (int i = 0; i < escaped.Length; i++)
        {
            char letter = escaped[i];
            if (letter == '\\')
            {
                char code = ++i < escaped.Length ? escaped[i] : '\0';
                letter = code switch { 's' => ' ', 't' => '\t', 'n' => '\n', 'r' => '\r', '\\' => '\\', _ => '\0' };
                if (letter == '\0')
                {
                    return "'\\' must be followed by s, t, n, r or \\";
                }
            }

            letters[count++] = letter;
        }

        value = new string(letters, 0, count);
        return null;
    }
}
