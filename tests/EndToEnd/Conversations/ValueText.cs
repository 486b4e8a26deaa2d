using System.Globalization;
using System.Text;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>Values as text: numbers, "texts", [elements], (fields), {key value}, &lt;signature value&gt;.</summary>
internal static class ValueText
{
    /// <summary>Marshals the values of a signature as they stand in the text.</summary>
    internal static void Write(TextScanner text, string signature, WireOutput output)
    {
        for (int at = 0; at < signature.Length; at = TypeCode.End(signature, at))
        {
            WriteOne(text, signature[at..TypeCode.End(signature, at)], output);
        }
    }

    /// <summary>The values of a signature, each behind a space.</summary>
    internal static string Read(WireInput input, string signature)
    {
        StringBuilder text = new();
        for (int at = 0; at < signature.Length; at = TypeCode.End(signature, at))
        {
            _ = text.Append(' ').Append(ReadOne(input, signature[at..TypeCode.End(signature, at)]));
        }

        return text.ToString();
    }

    internal static string Quote(string text)
    {
        StringBuilder quoted = new("\"");
        foreach (char character in text)
        {
            _ = character switch
            {
                '"' or '\\' => quoted.Append('\\').Append(character),
                < ' ' or > '~' => quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}"),
                _ => quoted.Append(character),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static void WriteOne(TextScanner text, string type, WireOutput output)
    {
        if (TypeCode.NumberSize(type[0]) is > 0 and int size)
        {
            output.Number(ParseNumber(text.Word(), type[0]), size);
            return;
        }

        switch (type[0])
        {
            case 's' or 'o':
                output.Text(text.Word());
                break;
            case 'g':
                output.Signature(text.Word());
                break;
            case 'v':
                text.Expect('<');
                string inner = text.SignatureWord();
                output.Signature(inner);
                Write(text, inner, output);
                text.Expect('>');
                break;
            case 'a':
                WriteArray(text, type[1..], output);
                break;
            default:
                output.Align(8);
                text.Expect(type[0]);
                Write(text, type[1..^1], output);
                text.Expect(type[^1]);
                break;
        }
    }

    private static void WriteArray(TextScanner text, string element, WireOutput output)
    {
        text.Expect('[');
        (int, int) array = output.BeginArray(TypeCode.Alignment(element[0]));
        while (text.Peek() != ']')
        {
            WriteOne(text, element, output);
        }

        text.Expect(']');
        output.EndArray(array);
    }

    private static ulong ParseNumber(string word, char type) => type == 'd'
        ? BitConverter.DoubleToUInt64Bits(double.Parse(word, CultureInfo.InvariantCulture))
        : word.StartsWith('-') ? (ulong)long.Parse(word, CultureInfo.InvariantCulture)
        : word.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.Parse(word.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : ulong.Parse(word, CultureInfo.InvariantCulture);

    private static string ReadOne(WireInput input, string type)
    {
        switch (type[0])
        {
            case 's' or 'o':
                return Quote(input.Text());
            case 'g':
                return Quote(input.Signature());
            case 'v':
                string inner = input.Signature();
                return $"<{inner}{Read(input, inner)}>";
            case 'a':
                return ReadArray(input, type[1..]);
            case '(' or '{':
                input.Align(8);
                return $"{type[0]}{Read(input, type[1..^1])[1..]}{type[^1]}";
            default:
                return PrintNumber(input.Number(TypeCode.NumberSize(type[0])), type[0]);
        }
    }

    private static string ReadArray(WireInput input, string element)
    {
        int length = (int)input.Number(4);
        input.Align(TypeCode.Alignment(element[0]));
        int end = input.Position + length;
        List<string> elements = [];
        while (input.Position < end)
        {
            elements.Add(ReadOne(input, element));
        }

        return $"[{string.Join(' ', elements)}]";
    }

    private static string PrintNumber(ulong value, char type) => type switch
    {
        'n' => ((short)value).ToString(CultureInfo.InvariantCulture),
        'i' => ((int)value).ToString(CultureInfo.InvariantCulture),
        'x' => ((long)value).ToString(CultureInfo.InvariantCulture),
        'd' => BitConverter.UInt64BitsToDouble(value).ToString(CultureInfo.InvariantCulture),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}
