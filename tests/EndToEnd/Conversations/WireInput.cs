using System.Text;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>Reads what a broker sent. A broker's bytes are right or the test fails: padding is checked, lengths throw.</summary>
internal sealed class WireInput(byte[] bytes, bool isBigEndian)
{
    internal int Position { get; set; }

    internal void Align(int to)
    {
        while (Position % to != 0)
        {
            if (bytes[Position++] != 0)
            {
                throw new InvalidDataException($"padding at {Position - 1} is not zero");
            }
        }
    }

    /// <summary>An unsigned number, aligned to its size (1, 2, 4 or 8).</summary>
    internal ulong Number(int size)
    {
        Align(size);
        ulong value = 0;
        for (int i = 0; i < size; i++)
        {
            int at = Position + (isBigEndian ? i : size - 1 - i);
            value = (value << 8) | bytes[at];
        }

        Position += size;
        return value;
    }

    /// <summary>STRING and OBJECT_PATH; a byte is a character.</summary>
    internal string Text() => Take((int)Number(4));

    internal string Signature() => Take((int)Number(1));

    private string Take(int length)
    {
        string text = Encoding.Latin1.GetString(bytes, Position, length);
        Position += length;
        return bytes[Position++] == 0 ? text : throw new InvalidDataException($"no NUL behind '{text}'");
    }
}
