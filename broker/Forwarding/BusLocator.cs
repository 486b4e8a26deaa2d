using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Startup;
using XcpBroker.Tokens;

namespace XcpBroker.Forwarding;

/// <summary>Somewhere that a domain may have been told where its bus is.</summary>
internal interface IBusSource
{
    /// <summary>What it says; null: nothing.</summary>
    /// <exception cref="StartException">It says something that cannot be read.</exception>
    LocatedBus? Find();
}

/// <summary>Where the bus is.</summary>
/// <param name="Address">An address, as text.</param>
/// <param name="Source">Who says so, for people.</param>
internal sealed record LocatedBus(string Address, string Source)
{
    /// <summary>What proves to the bus which domain this is; null: the source does not say.</summary>
    internal DomainToken? Token { get; init; }
}

/// <summary>Asks one source after the other: the first that knows counts.</summary>
internal sealed class BusLocator(params IEnumerable<IBusSource> sources)
{
    /// <summary>/etc/xcp-bus/address, then <c>xcp.bus=</c> of the kernel's command line.</summary>
    internal static BusLocator OfThisMachine { get; } = new(new AddressFile("/etc/xcp-bus"), new KernelCommandLine("/proc/cmdline"));

    /// <param name="xenstore">Why xenstore says nothing either.</param>
    internal static StartException NobodySays(string xenstore) =>
        new($"where the bus is, neither an option, nor /etc/xcp-bus/address, nor xcp.bus= of the kernel's command line says, and xenstore cannot be asked: {xenstore}");

    /// <summary>Null: nobody knows.</summary>
    /// <exception cref="StartException">One says what cannot be read.</exception>
    internal LocatedBus? Find() => sources.Select(source => source.Find()).FirstOrDefault(found => found is not null);
}

/// <summary>The file <c>address</c> of a directory, one line, and beside it perhaps the file <c>token</c>.</summary>
internal sealed class AddressFile(string directory) : IBusSource
{
    public LocatedBus? Find()
    {
        string file = $"{directory}/address";
        string token = $"{directory}/token";
        return TextOf(file) is not { } text ? null : new LocatedBus(text.Trim(), file) { Token = File.Exists(token) ? TokenFile.Read(token) : null };
    }

    /// <summary>Null: there is no such file.</summary>
    internal static string? TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{file}: {e.Message}");
        }
    }
}

/// <summary>The word <c>xcp.bus=ADDRESS</c> of the kernel's command line; the last one counts, as for the kernel.</summary>
internal sealed class KernelCommandLine(string file) : IBusSource
{
    private const string Word = "xcp.bus=";

    public LocatedBus? Find()
    {
        string[] words = (AddressFile.TextOf(file) ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return Array.FindLast(words, word => word.StartsWith(Word, StringComparison.Ordinal) && word.Length > Word.Length) is { } found
            ? new LocatedBus(found[Word.Length..].Trim('"'), file)
            : null;
    }
}
