using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>Reads what stands behind <c>unix:</c>.</summary>
public sealed class UnixSyntax() : TransportSyntax("unix")
{
    private static readonly UnixAddressKind[] Kinds = Enum.GetValues<UnixAddressKind>();

    private static IEnumerable<string> Keys => Kinds.Select(UnixListenAddress.KeyOf);

    /// <inheritdoc/>
    public override bool TryRead(AddressPairs pairs, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        address = null;
        List<UnixListenAddress> given = [];
        foreach (UnixAddressKind kind in Kinds)
        {
            if (pairs.Take(UnixListenAddress.KeyOf(kind)) is { } value)
            {
                given.Add(new UnixListenAddress(kind, value));
            }
        }

        error = pairs.UnknownKeyError(Keys);
        if (error is not null)
        {
            return false;
        }

        if (given.Count != 1)
        {
            string found = given.Count == 0 ? "none is" : $"{string.Join(" and ", given.Select(one => UnixListenAddress.KeyOf(one.Kind)))} are";
            error = $"exactly one of {string.Join(", ", Keys)} must be given, {found}";
            return false;
        }

        UnixListenAddress read = given[0];
        error = read.Kind == UnixAddressKind.Runtime && read.Value != "yes"
            ? $"the only value of 'runtime' is 'yes', not '{read.Value}'"
            : read.LengthError(read);
        address = error is null ? read : null;
        return error is null;
    }
}
