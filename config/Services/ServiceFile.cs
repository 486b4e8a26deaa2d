using System.Diagnostics.CodeAnalysis;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Config.Services;

/// <summary>Reads the text of a .service file.</summary>
public static class ServiceFile
{
    /// <summary>What the name of such a file ends in.</summary>
    public const string Suffix = ".service";

    /// <summary>No file may be longer, in bytes; dbus-daemon's limit (bus/desktop-file.c).</summary>
    public const int MaxLength = 128 * 1024;

    private const string Section = "D-BUS Service";
    private const string DomainKey = "X-XCP-Domain";
    private const string ExtensionPrefix = "X-XCP-";

    /// <summary>Reads a descriptor.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="path">Its rooted path.</param>
    /// <param name="isTrusted">It belongs to root or to the user of the bus, so its <c>X-XCP-</c> keys count.</param>
    /// <param name="descriptor">What it says; keys that are not known are ignored, AssumedAppArmorLabel among them.</param>
    /// <param name="error">What is wrong, one line without the path.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> content,
        string path,
        bool isTrusted,
        [NotNullWhen(true)] out ServiceDescriptor? descriptor,
        [NotNullWhen(false)] out string? error)
    {
        bool isParsed = TryParseText(content, path, isTrusted, out descriptor, out error);
        error = isParsed ? null : Printable.OneLine(error!);
        return isParsed;
    }

    private static bool TryParseText(
        ReadOnlySpan<byte> content,
        string path,
        bool isTrusted,
        [NotNullWhen(true)] out ServiceDescriptor? descriptor,
        [NotNullWhen(false)] out string? error)
    {
        descriptor = null;
        if (content.Length > MaxLength)
        {
            error = $"it is longer than {MaxLength} bytes";
            return false;
        }

        if (!DesktopFile.TryReadSection(content, Section, out IReadOnlyList<KeyValuePair<string, string>>? pairs, out error))
        {
            return false;
        }

        ServiceDescriptor read = new() { Name = "", FilePath = path };
        List<KeyValuePair<string, string>> extensions = [];
        foreach (KeyValuePair<string, string> pair in pairs)
        {
            switch (pair.Key)
            {
                case "Name":
                    read = read with { Name = pair.Value };
                    break;
                case "Exec" when CommandLineText.TrySplit(pair.Value, out IReadOnlyList<string>? words, out error):
                    read = read with { Arguments = words };
                    break;
                case "Exec":
                    error = $"Exec: {error}";
                    return false;
                case "User":
                    read = read with { User = pair.Value };
                    break;
                case "SystemdService":
                    read = read with { SystemdUnit = pair.Value.Length > 0 ? pair.Value : null };
                    break;
                case var key when isTrusted && key.StartsWith(ExtensionPrefix, StringComparison.Ordinal):
                    extensions.Add(pair);
                    break;
                default:
                    break;
            }
        }

        // Another user than the one that was meant would be worse than no service.
        error = Check(read);
        if (error is not null || !BufferDeclaration.TryRead(read = read with { Extensions = extensions }, out BufferDeclaration? buffer, out error))
        {
            return false;
        }

        if (read.Extension(DomainKey) is { } domain && !DomainName.IsValid(domain))
        {
            error = $"{DomainKey}: '{domain}' is no name of a domain";
            return false;
        }

        descriptor = read with { Buffer = buffer, Domain = read.Extension(DomainKey) };
        return true;
    }

    private static string? Check(ServiceDescriptor read) => read switch
    {
        { Name: "" } => "there is no Name",
        { Name: BusName.Driver } => $"{BusName.Driver} is the bus itself",
        { User: "" } => "User is empty",
        _ when !BusName.IsValidWellKnown(read.Name) => "Name is no well-known bus name",
        _ => null,
    };
}
