namespace XcpBroker.EndToEnd.Conversations;

/// <summary>Sizes, alignments and extent of the types in a signature (specification, "type-system").</summary>
internal static class TypeCode
{
    internal static int Alignment(char type) => type switch
    {
        'y' or 'g' or 'v' => 1,
        'n' or 'q' => 2,
        'x' or 't' or 'd' or '(' or '{' => 8,
        _ => 4,
    };

    /// <summary>Bytes of a fixed number type, 0 for any other.</summary>
    internal static int NumberSize(char type) => "ynqiuxtdbh".Contains(type, StringComparison.Ordinal) ? Alignment(type) : 0;

    /// <summary>Where the complete type that begins there ends.</summary>
    internal static int End(string signature, int start)
    {
        switch (signature[start])
        {
            case 'a':
                return End(signature, start + 1);
            case '(' or '{':
                int at = start + 1;
                while (signature[at] is not (')' or '}'))
                {
                    at = End(signature, at);
                }

                return at + 1;
            default:
                return start + 1;
        }
    }
}
