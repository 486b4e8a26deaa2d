using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using XcpBroker.Config.Services;
using XcpBroker.Startup;

namespace XcpBroker.Spawning.Helper;

/// <summary>What the root helper is told when it is started, by a broker that is still root; it never changes afterwards.</summary>
internal sealed record HelperOptions
{
    private const char Assign = '=';

    /// <summary>Where descriptors are, first wins; rooted paths.</summary>
    internal IReadOnlyList<string> ServiceDirectories { get; init; } = [];

    /// <summary>The whole environment of what it starts.</summary>
    internal IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Whom a service runs as whose descriptor has no User=: the user of the bus.</summary>
    internal required UserAccount BusAccount { get; init; }

    /// <summary>Where the host's systemd is asked to start units; null: it is not.</summary>
    internal string? SystemBus { get; init; }

    /// <summary>What starts domains; null: nothing does.</summary>
    internal DomainStarter? DomainStarter { get; init; }

    /// <summary>Where xenstore is; null: where it usually is.</summary>
    internal string? XenstorePath { get; init; }

    /// <summary>What it removes when the bus has ended, however that was: the pid file and socket files. Rooted paths.</summary>
    internal IReadOnlyList<string> RemovedAtEnd { get; init; } = [];

    /// <summary>The words that <see cref="TryParse"/> reads back.</summary>
    internal IEnumerable<string> ToWords() =>
    [
        $"name={BusAccount.Name}",
        string.Create(CultureInfo.InvariantCulture, $"user={BusAccount.UserId}"),
        string.Create(CultureInfo.InvariantCulture, $"group={BusAccount.GroupId}"),
        .. BusAccount.Groups.Select(group => string.Create(CultureInfo.InvariantCulture, $"also={group}")),
        .. ServiceDirectories.Select(directory => $"directory={directory}"),
        .. Environment.Select(pair => $"environment={pair.Key}={pair.Value}"),
        .. RemovedAtEnd.Select(path => $"remove={path}"),
        .. XenstorePath is { } xenstore ? [$"xenstore={xenstore}"] : (string[])[],
        .. SystemBus is { } address ? [$"systembus={address}"] : (string[])[],
        .. DomainStarter?.Arguments.Select(word => $"domainstarter={word}") ?? [],
    ];

    internal static bool TryParse(ReadOnlySpan<string> words, [NotNullWhen(true)] out HelperOptions? options)
    {
        options = null;
        string? name = null;
        uint? user = null;
        uint? group = null;
        List<uint> groups = [];
        List<string> directories = [];
        List<string> removed = [];
        Dictionary<string, string> environment = [];
        string? systemBus = null;
        string? xenstore = null;
        List<string> domainStarter = [];
        foreach (string word in words)
        {
            if (!TrySplit(word, out string key, out string value))
            {
                return false;
            }

            bool isNumber = uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number < uint.MaxValue;
            switch (key)
            {
                case "name":
                    name = value;
                    break;
                case "user" when isNumber:
                    user = number;
                    break;
                case "group" when isNumber:
                    group = number;
                    break;
                case "also" when isNumber:
                    groups.Add(number);
                    break;
                case "directory" when Path.IsPathRooted(value):
                    directories.Add(value);
                    break;
                case "remove" when Path.IsPathRooted(value):
                    removed.Add(value);
                    break;
                case "systembus" when value.Length > 0:
                    systemBus = value;
                    break;
                case "xenstore" when Path.IsPathRooted(value):
                    xenstore = value;
                    break;
                case "domainstarter":
                    domainStarter.Add(value);
                    break;
                case "environment" when TrySplit(value, out string variable, out string content) && variable.Length > 0:
                    environment[variable] = content;
                    break;
                default:
                    return false;
            }
        }

        if (name is null || user is null || group is null)
        {
            return false;
        }

        options = new HelperOptions
        {
            BusAccount = new UserAccount(name, user.Value, group.Value, groups),
            ServiceDirectories = directories,
            Environment = environment,
            RemovedAtEnd = removed,
            SystemBus = systemBus,
            XenstorePath = xenstore,
            DomainStarter = domainStarter.Count == 0 ? null : new DomainStarter(domainStarter),
        };
        return true;
    }

    private static bool TrySplit(string text, out string key, out string value)
    {
        int assign = text.IndexOf(Assign, StringComparison.Ordinal);
        (key, value) = assign < 0 ? ("", "") : (text[..assign], text[(assign + 1)..]);
        return assign >= 0;
    }
}
