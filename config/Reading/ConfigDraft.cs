using XcpBroker.Auth.Policy;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Services;
using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>An element's text and where the element is.</summary>
internal readonly record struct LocatedText(string Value, string File, XmlPosition Position);

/// <summary>A <c>&lt;listen&gt;</c>: its text, and what it says of who connects there.</summary>
internal readonly record struct ListenSetting(LocatedText Address, string? Domain, bool TrustsAddresses, UnixFileMode? Mode)
{
    /// <summary>One of the addresses that the text names.</summary>
    internal ListenAddress Apply(ListenAddress address)
    {
        ListenAddress complete = address with { Domain = Domain, TrustsAddresses = TrustsAddresses };
        return complete is UnixListenAddress unix ? unix with { Mode = Mode } : complete;
    }
}

/// <summary>A <c>&lt;domain&gt;</c> and where it is.</summary>
/// <param name="Domain">What it says.</param>
/// <param name="File">The file that it is in.</param>
/// <param name="Position">Where there.</param>
/// <param name="Secret">Its token file; null: it has none, or it cannot be read.</param>
internal readonly record struct LocatedDomain(DomainDeclaration Domain, string File, XmlPosition Position, SecretFile? Secret);

/// <summary>A <c>&lt;limit&gt;</c>.</summary>
internal readonly record struct LimitSetting(string Name, string Value, string File, XmlPosition Position);

/// <summary>What has been read so far of one file and its includes; a file that turns out to be bad leaves nothing behind.</summary>
internal sealed class ConfigDraft
{
    internal string? Type { get; set; }

    internal string? User { get; set; }

    internal string? PidFile { get; set; }

    internal string? ServiceHelper { get; set; }

    internal DomainStarter? DomainStarter { get; set; }

    internal XenstorePublication? Xenstore { get; set; }

    internal bool Fork { get; set; }

    internal bool KeepUmask { get; set; }

    internal bool Syslog { get; set; }

    internal bool AllowAnonymous { get; set; }

    internal List<ListenSetting> Listen { get; } = [];

    internal List<LocatedDomain> Domains { get; } = [];

    internal List<string> AuthMechanisms { get; } = [];

    internal List<ServiceDirectory> ServiceDirectories { get; } = [];

    /// <summary>One for each prefix.</summary>
    internal List<BufferedPrefix> Buffers { get; } = [];

    internal List<PolicyEntry> Policy { get; } = [];

    /// <summary>In the order written: the later one of the same name holds.</summary>
    internal List<LimitSetting> Limits { get; } = [];

    /// <summary>Adds what an included file says, which overrides what was said before.</summary>
    internal void Absorb(ConfigDraft included)
    {
        Type = included.Type ?? Type;
        User = included.User ?? User;
        PidFile = included.PidFile ?? PidFile;
        ServiceHelper = included.ServiceHelper ?? ServiceHelper;
        DomainStarter = included.DomainStarter ?? DomainStarter;
        Xenstore = included.Xenstore ?? Xenstore;
        Fork |= included.Fork;
        KeepUmask |= included.KeepUmask;
        Syslog |= included.Syslog;
        AllowAnonymous |= included.AllowAnonymous;
        Listen.AddRange(included.Listen);
        Domains.AddRange(included.Domains);
        AuthMechanisms.AddRange(included.AuthMechanisms);
        AddServiceDirectories(included.ServiceDirectories);
        included.Buffers.ForEach(SetBuffer);
        Policy.AddRange(included.Policy);
        Limits.AddRange(included.Limits);
    }

    /// <summary>What was said of the same prefix before does not count any more.</summary>
    internal void SetBuffer(BufferedPrefix buffer)
    {
        _ = Buffers.RemoveAll(known => known.Prefix == buffer.Prefix);
        Buffers.Add(buffer);
    }

    /// <summary>A directory that is there already stays where it is, and is only as special as all who name it say. Source: bus/config-parser.c.</summary>
    internal void AddServiceDirectories(IEnumerable<ServiceDirectory> directories)
    {
        foreach (ServiceDirectory added in directories)
        {
            int known = ServiceDirectories.FindIndex(directory => directory.Path == added.Path);
            if (known < 0)
            {
                ServiceDirectories.Add(added);
                continue;
            }

            ServiceDirectory first = ServiceDirectories[known];
            ServiceDirectories[known] = first with
            {
                IsTransient = first.IsTransient && added.IsTransient,
                RequiresMatchingFileNames = first.RequiresMatchingFileNames && added.RequiresMatchingFileNames,
            };
        }
    }
}
