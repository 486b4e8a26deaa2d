using System.Buffers;

namespace XcpBroker.Config.Xml;

/// <summary>Goes through a text from its beginning to its end and knows the line it is on.</summary>
internal sealed class XmlCursor(string text)
{
    private static readonly SearchValues<char> Blanks = SearchValues.Create(" \t\r\n");

    private int _position;
    private int _counted;
    private int _line = 1;
    private int _lineStart;

    internal bool AtEnd => _position == text.Length;

    internal char Current => text[_position];

    /// <summary>What has not been read.</summary>
    internal ReadOnlySpan<char> Rest => text.AsSpan(_position);

    internal XmlPosition Position
    {
        get
        {
            for (; _counted < _position; _counted++)
            {
                if (text[_counted] == '\n')
                {
                    _line++;
                    _lineStart = _counted + 1;
                }
            }

            return new XmlPosition(_line, _position - _lineStart + 1);
        }
    }

    internal bool StartsWith(string expected) => Rest.StartsWith(expected, StringComparison.Ordinal);

    internal bool TrySkip(string expected)
    {
        bool found = StartsWith(expected);
        _position += found ? expected.Length : 0;
        return found;
    }

    /// <returns>Whether there was any.</returns>
    internal bool SkipBlanks()
    {
        int length = Rest.IndexOfAnyExcept(Blanks);
        length = length < 0 ? Rest.Length : length;
        _position += length;
        return length > 0;
    }

    internal void Skip(int count) => _position += count;

    /// <summary>Reads up to the expected text and skips that; null if it does not come.</summary>
    internal string? ReadUntil(string expected)
    {
        int length = Rest.IndexOf(expected, StringComparison.Ordinal);
        if (length < 0)
        {
            return null;
        }

        string read = Rest[..length].ToString();
        _position += length + expected.Length;
        return read;
    }

    /// <summary>A name, empty if there is none here. Letters outside ASCII are all taken for parts of names.</summary>
    internal string ReadName()
    {
        int length = 0;
        while (length < Rest.Length && IsNameCharacter(Rest[length], isFirst: length == 0))
        {
            length++;
        }

        string name = Rest[..length].ToString();
        _position += length;
        return name;
    }

    private static bool IsNameCharacter(char letter, bool isFirst) =>
        char.IsAsciiLetter(letter) || letter is '_' or ':' or >= '\x80' || (!isFirst && (char.IsAsciiDigit(letter) || letter is '-' or '.'));
}
