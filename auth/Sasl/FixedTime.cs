namespace XcpBroker.Auth.Sasl;

/// <summary>Comparison of secrets.</summary>
internal static class FixedTime
{
    /// <summary>Takes as long for bytes that differ early as for those that differ late. Lengths are no secret.</summary>
    internal static bool AreEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        int difference = 0;
        for (int i = 0; i < left.Length; i++)
        {
            difference |= left[i] ^ right[i];
        }

        return difference == 0;
    }
}
