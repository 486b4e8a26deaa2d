using System.Globalization;
using System.Text;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>The words of one line: bare words, "quoted text" with \" \\ \r \n \0 \xHH, and brackets.</summary>
internal sealed class TextScanner(string line)
{
    private const string Brackets = "[](){}<>";
    private int _at;

    internal bool IsAtEnd => Peek() == '\0';

    /// <summary>The next character that is no space, NUL at the end.</summary>
    internal char Peek()
    {
        while (_at < line.Length && line[_at] == ' ')
        {
            _at++;
        }

        return _at < line.Length ? line[_at] : '\0';
    }

    internal void Expect(char character)
    {
        if (Peek() != character)
        {
            throw Wrong($"'{character}' expected");
        }

        _at++;
    }

    /// <summary>A key when key=value comes next, otherwise null and nothing is taken.</summary>
    internal string? TryKey()
    {
        _ = Peek();
        int end = _at;
        while (end < line.Length && (char.IsAsciiLetterLower(line[end]) || char.IsAsciiDigit(line[end]) || line[end] is '-' or '.'))
        {
            end++;
        }

        if (end == _at || end >= line.Length || line[end] != '=')
        {
            return null;
        }

        string key = line[_at..end];
        _at = end + 1;
        return key;
    }

    /// <summary>A quoted text or a bare word.</summary>
    internal string Word() => Peek() == '"' ? Quoted() : Bare();

    /// <summary>All that is left.</summary>
    internal string Rest()
    {
        _ = Peek();
        string rest = line[_at..];
        _at = line.Length;
        return rest;
    }

    /// <summary>A bare word, brackets in it allowed (a signature).</summary>
    internal string SignatureWord()
    {
        _ = Peek();
        int start = _at;
        while (_at < line.Length && line[_at] != ' ')
        {
            _at++;
        }

        return line[start.._at];
    }

    internal FormatException Wrong(string what) => new($"{what} at {_at} of: {line}");

    private string Bare()
    {
        int start = _at;
        while (_at < line.Length && line[_at] != ' ' && !Brackets.Contains(line[_at], StringComparison.Ordinal))
        {
            _at++;
        }

        return _at > start ? line[start.._at] : throw Wrong("word expected");
    }

    private string Quoted()
    {
        StringBuilder text = new();
        for (_at++; _at < line.Length; _at++)
        {
            switch (line[_at])
            {
                case '"':
                    _at++;
                    return text.ToString();
                case '\\':
                    _ = text.Append(Escaped());
                    break;
                default:
                    _ = text.Append(line[_at]);
                    break;
            }
        }

        throw Wrong("end of text expected");
    }

    private char Escaped()
    {
        switch (line[++_at])
        {
            case 'r':
                return '\r';
            case 'n':
                return '\n';
            case '0':
                return '\0';
            case 'x':
                _at += 2;
                return (char)byte.Parse(line.AsSpan(_at - 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            default:
                return line[_at];
        }
    }
}
