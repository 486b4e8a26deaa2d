namespace XcpBroker.Protocol.Names;

/// <summary>One table of what a byte may be in a name, and the loops that read it.</summary>
internal static class NameGrammar
{
    private const byte Letter = 1;
    private const byte Digit = 2;
    private const byte Hyphen = 4;

    internal const byte LettersAndDigits = Letter | Digit;
    internal const byte WithHyphen = Letter | Digit | Hyphen;
    internal const byte InitialLetter = Letter;
    internal const byte InitialLetterOrHyphen = Letter | Hyphen;

    private static readonly byte[] Classes = CreateClasses();

    /// <summary>Whether the bytes are at least <paramref name="minElements"/> non-empty elements with a separator between them.</summary>
    /// <param name="text">The name.</param>
    /// <param name="initial">Classes of an element's first byte.</param>
    /// <param name="inner">Classes of its other bytes.</param>
    /// <param name="minElements">1 or 2.</param>
    internal static bool IsDotted(ReadOnlySpan<byte> text, byte initial, byte inner, int minElements)
    {
        byte[] classes = Classes;
        int elements = 1;
        byte allowed = initial;
        bool isStart = true;
        foreach (byte b in text)
        {
            if ((classes[b] & allowed) != 0)
            {
                allowed = inner;
                isStart = false;
                continue;
            }

            if (b != (byte)'.' || isStart)
            {
                return false;
            }

            allowed = initial;
            isStart = true;
            elements++;
        }

        return !isStart && elements >= minElements;
    }

    internal static bool IsElement(ReadOnlySpan<byte> text, byte initial, byte inner)
    {
        byte[] classes = Classes;
        byte allowed = initial;
        foreach (byte b in text)
        {
            if ((classes[b] & allowed) == 0)
            {
                return false;
            }

            allowed = inner;
        }

        return text.Length > 0;
    }

    internal static bool IsWord(byte b) => (Classes[b] & LettersAndDigits) != 0;

    private static byte[] CreateClasses()
    {
        byte[] classes = new byte[256];
        classes.AsSpan('A', 26).Fill(Letter);
        classes.AsSpan('a', 26).Fill(Letter);
        classes.AsSpan('0', 10).Fill(Digit);
        classes['_'] = Letter;
        classes['-'] = Hyphen;
        return classes;
    }
}
