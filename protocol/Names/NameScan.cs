using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace XcpBroker.Protocol.Names;

/// <summary>Reads names 16 bytes at a time: one bit a byte says what it is, and all rules are questions about bits.</summary>
/// <remarks>
/// Every name of the specification is elements of letters, digits and '_' (some with '-') with a separator between them. Let S be the
/// separators and I the first bytes of elements, which are S moved on by one, and the very first byte. Then an element is empty where
/// S and I meet or S is the last byte, and begins with a digit where digits and I meet.
/// </remarks>
internal static class NameScan
{
    private const int BlockLength = 16;

    /// <summary>Whether the bytes are non-empty elements with a separator between them.</summary>
    /// <param name="text">Any bytes.</param>
    /// <param name="separator">'.' or '/', or 0 for a name of one element.</param>
    /// <param name="mayHaveHyphen">Whether '-' counts as a letter.</param>
    /// <param name="mayBeginWithDigit">Whether elements may.</param>
    /// <param name="hasSeparator">Whether there are two elements or more.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsMadeOfElements(
        ReadOnlySpan<byte> text, byte separator, bool mayHaveHyphen, bool mayBeginWithDigit, out bool hasSeparator)
    {
        hasSeparator = false;
        uint isStart = 1;
        uint wrong = 0;
        for (int at = 0; at < text.Length; at += BlockLength)
        {
            int count = Math.Min(text.Length - at, BlockLength);
            Vector128<byte> block = Load(text, at, count, out int before);
            Vector128<byte> digit = Vector128.LessThan(block - Vector128.Create((byte)'0'), Vector128.Create((byte)10));
            Vector128<byte> letter = Vector128.LessThan(
                (block | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a'), Vector128.Create((byte)26));
            Vector128<byte> word = letter | digit | Vector128.Equals(block, Vector128.Create((byte)'_'));
            if (mayHaveHyphen)
            {
                word |= Vector128.Equals(block, Vector128.Create((byte)'-'));
            }

            uint all = (1u << count) - 1;
            uint separators = separator == 0 ? 0 : Bits(Vector128.Equals(block, Vector128.Create(separator)), before, all);
            uint starts = (separators << 1) | isStart;
            wrong |= (starts & separators) | (all ^ (Bits(word, before, all) | separators));
            if (!mayBeginWithDigit)
            {
                wrong |= starts & Bits(digit, before, all);
            }

            hasSeparator |= separators != 0;
            isStart = starts >> count;
        }

        return (wrong | isStart) == 0;
    }

    // One bit a byte, without the bytes before and behind those that count.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Bits(Vector128<byte> bytes, int before, uint all) => (bytes.ExtractMostSignificantBits() >> before) & all;

    // Bytes that were looked at already may stand before the ones that count, and anything behind them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Load(ReadOnlySpan<byte> text, int at, int count, out int before)
    {
        before = 0;
        if (text.Length >= BlockLength)
        {
            before = BlockLength - count;
            return Vector128.Create(text.Slice(at - before, BlockLength));
        }

        return LoadShort(text);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LoadShort(ReadOnlySpan<byte> text)
    {
        int count = text.Length;
        if (count >= 8)
        {
            // The high half begins where the low one ends: what both have is shifted out. 64 would shift nothing, hence in two steps.
            ulong low = BinaryPrimitives.ReadUInt64LittleEndian(text);
            ulong high = BinaryPrimitives.ReadUInt64LittleEndian(text[(count - 8)..]);
            return Vector128.Create(low, high >> (8 * (15 - count)) >> 8).AsByte();
        }

        if (count >= 4)
        {
            ulong low = BinaryPrimitives.ReadUInt32LittleEndian(text);
            ulong high = BinaryPrimitives.ReadUInt32LittleEndian(text[(count - 4)..]);
            return Vector128.Create(low | (high << (8 * (count - 4))), 0ul).AsByte();
        }

        // One to three bytes: the first, the middle, the last, of which some may be the same.
        uint few = text[0] | ((uint)text[count >> 1] << (8 * (count >> 1))) | ((uint)text[count - 1] << (8 * (count - 1)));
        return Vector128.CreateScalar(few).AsByte();
    }
}
