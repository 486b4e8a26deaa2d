using System.Diagnostics.CodeAnalysis;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Policy;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Reading;
using XcpBroker.Config.Xml;

namespace XcpBroker.Config;

/// <summary>Reads configuration files in dbus-daemon's language. What is in a file makes it throw nothing.</summary>
/// <param name="files">Where files come from.</param>
/// <param name="users">Who is meant by names of users and groups.</param>
/// <param name="standardDirectories">What the standard directories of services are.</param>
/// <param name="addresses">Knows the transports.</param>
/// <remarks>Source: dbus-daemon(1), "CONFIGURATION FILE"; bus/config-parser.c of dbus 1.14.10 and 1.16.2.</remarks>
public sealed class BusConfigReader(IConfigFiles files, IUserDirectory users, StandardServiceDirectories standardDirectories, AddressParser addresses)
{
    /// <summary>Where secrets come from; null: from nowhere.</summary>
    public ISecretFiles? Secrets { get; init; }

    /// <summary>Reads a file and what it includes.</summary>
    /// <param name="path">The file. Relative paths in it begin at its directory.</param>
    /// <param name="configuration">What they say.</param>
    /// <param name="problem">The first thing that is wrong.</param>
    public bool TryRead(string path, [NotNullWhen(true)] out BusConfiguration? configuration, [NotNullWhen(false)] out ConfigProblem? problem) =>
        TryRead(path, files, followsIncludes: true, out configuration, out problem);

    /// <summary>Reads a text as if it were a file. No other file is opened: what it includes is among the warnings.</summary>
    /// <param name="text">The bytes of the text.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="configuration">What it says.</param>
    /// <param name="problem">The first thing that is wrong.</param>
    public bool TryReadText(
        ReadOnlyMemory<byte> text,
        string name,
        [NotNullWhen(true)] out BusConfiguration? configuration,
        [NotNullWhen(false)] out ConfigProblem? problem) =>
        TryRead(name, new OneText(text), followsIncludes: false, out configuration, out problem);

    /// <summary>Reads a <c>&lt;domain&gt;</c> alone. What is a warning in a file is a mistake here: who adds a domain wants all of it.</summary>
    /// <param name="text">The bytes of the element.</param>
    /// <param name="file">Relative paths in it begin at the directory of this file.</param>
    /// <param name="domain">What it says.</param>
    /// <param name="problem">The first thing that is wrong.</param>
    public bool TryReadDomain(
        ReadOnlyMemory<byte> text, string file, [NotNullWhen(true)] out DomainDeclaration? domain, [NotNullWhen(false)] out ConfigProblem? problem)
    {
        domain = null;
        Surroundings surroundings = new(files, Secrets, users, standardDirectories, addresses);
        ConfigDraft draft = new();
        if (XmlReader.TryRead(text.Span, out XmlElement? element, out XmlProblem? wrong))
        {
            wrong = element.Name == "domain"
                ? new DomainReader(surroundings, file, draft).Read(element)
                : new XmlProblem(element.Position, $"the element is <{element.Name}>; expected <domain>");
        }

        if (wrong is null)
        {
            CheckSecrets(draft, surroundings);
        }

        problem = wrong is not null ? new ConfigProblem(file, wrong.Position.Line, wrong.Position.Column, wrong.Message)
            : surroundings.Warnings.Count > 0 ? surroundings.Warnings[0] : null;
        domain = problem is null ? draft.Domains[0].Domain : null;
        return problem is null;
    }

    /// <summary>
    /// In the order in which clients are to try them: the last <c>&lt;listen&gt;</c> first, as dbus-daemon(1) says; in type xcp as written. An
    /// address that is for another build of dbus-daemon, or wrong, must not keep the bus from listening on the others.
    /// </summary>
    private List<ListenAddress> ReadAddresses(ConfigDraft draft, bool isXcp, List<ConfigProblem> unusable)
    {
        List<ListenAddress> usable = [];
        foreach (ListenSetting listen in draft.Listen)
        {
            if (addresses.TryParse(listen.Address.Value, out IReadOnlyList<ListenAddress>? read, out string? error))
            {
                usable.InsertRange(isXcp ? usable.Count : 0, read.Select(listen.Apply));
            }
            else
            {
                unusable.Add(At(listen.Address, $"cannot listen on {error}"));
            }
        }

        usable.AddRange(draft.Domains.SelectMany(domain => domain.Domain.Sockets));
        return usable;
    }

    /// <summary>What can only be judged once all is read: domains may be declared behind what refers to them.</summary>
    private ConfigProblem? CheckDomains(ConfigDraft draft, Surroundings surroundings)
    {
        HashSet<string> names = [.. draft.Domains.Select(domain => domain.Domain.Identity.Name)];
        foreach (ListenSetting listen in draft.Listen)
        {
            if (listen.Domain is { } name && !names.Contains(name))
            {
                return At(listen.Address, $"there is no domain \"{name}\"; expected <domain name=\"{name}\"> in <busconfig>");
            }

            if (listen.TrustsAddresses && !AddressesOf(listen).All(address => address.HasForgeablePeers))
            {
                return At(listen.Address, "identity=\"address\" is for tcp: addresses: no other transport has addresses that could be forged");
            }
        }

        foreach (PolicyEntry entry in draft.Policy.Where(entry => entry.Context.Domain is { Kind: DomainPatternKind.Name } pattern && !names.Contains(pattern.Value)))
        {
            surroundings.WarnOnce(
                entry.Rule.Source.File,
                new XmlPosition(entry.Rule.Source.Line, 1),
                $"there is no domain \"{entry.Context.Domain!.Value.Value}\" yet: until one is added, these rules are for nobody");
        }

        return null;
    }

    /// <summary>Whose a secret may be is known once all is read: the bus's user may be named behind it.</summary>
    private static void CheckSecrets(ConfigDraft draft, Surroundings surroundings)
    {
        for (int i = 0; i < draft.Domains.Count; i++)
        {
            LocatedDomain located = draft.Domains[i];
            uint own = surroundings.Secrets?.OwnUserId ?? 0;
            uint bus = draft.User is { } user ? surroundings.FindUser(user) ?? own : own;
            if (located.Secret?.Distrust(own, bus) is { } problem)
            {
                surroundings.Warn(located.File, located.Position, $"domain {located.Domain.Identity} has no secret: {located.Domain.TokenFile}: {problem}");
                draft.Domains[i] = located with { Domain = located.Domain with { Token = default } };
            }
            else if (located.Secret is { OwnerId: 0 } && own == 0 && bus != 0)
            {
                surroundings.Warn(located.File, located.Position, $"domain {located.Domain.Identity} has no secret after a reload: {located.Domain.TokenFile}: the token file is root's, and the bus is {draft.User} then (chown {draft.User})");
            }
        }
    }

    private IReadOnlyList<ListenAddress> AddressesOf(ListenSetting listen) =>
        addresses.TryParse(listen.Address.Value, out IReadOnlyList<ListenAddress>? read, out _) ? read : [];

    private static ConfigProblem At(LocatedText text, string message) => new(text.File, text.Position.Line, text.Position.Column, message);

    private bool TryRead(
        string path,
        IConfigFiles source,
        bool followsIncludes,
        [NotNullWhen(true)] out BusConfiguration? configuration,
        [NotNullWhen(false)] out ConfigProblem? problem)
    {
        configuration = null;
        Surroundings surroundings = new(source, followsIncludes ? Secrets : null, users, standardDirectories, addresses);
        ConfigDraft draft = new();
        problem = new IncludeReader(surroundings, followsIncludes).ReadRoot(path, draft, out XmlPosition root);
        if (problem is null && draft.Listen.Count == 0)
        {
            problem = new ConfigProblem(path, root.Line, root.Column, "there is no address to listen on; expected <listen> in <busconfig>");
        }

        problem ??= CheckDomains(draft, surroundings);
        CheckSecrets(draft, surroundings);
        configuration = problem is null ? Build(path, draft, surroundings) : null;
        return problem is null;
    }

    private BusConfiguration Build(string path, ConfigDraft draft, Surroundings surroundings)
    {
        bool isXcp = draft.Type == BusConfiguration.XcpType;
        List<ConfigProblem> unusable = [];
        List<ListenAddress> usable = ReadAddresses(draft, isXcp, unusable);
        return new BusConfiguration
        {
            File = path,
            Type = draft.Type,
            User = draft.User,
            Fork = draft.Fork,
            KeepUmask = draft.KeepUmask,
            Syslog = draft.Syslog,
            AllowAnonymous = draft.AllowAnonymous,
            PidFile = draft.PidFile,
            ServiceHelper = draft.ServiceHelper,
            DomainStarter = draft.DomainStarter,
            Xenstore = draft.Xenstore,
            Addresses = usable,
            UnusableAddresses = unusable,
            Domains = [.. draft.Domains.Select(domain => domain.Domain)],
            AuthMechanisms = draft.AuthMechanisms,
            ServiceDirectories = draft.ServiceDirectories,
            Buffers = draft.Buffers,
            Limits = LimitReader.Apply(isXcp ? DefaultLimits.Embedded : DefaultLimits.DbusDaemonSystem, draft.Limits),
            Policy = new PolicySet(draft.Policy, isStrict: isXcp),
            Files = surroundings.FilesSeen,
            Directories = surroundings.DirectoriesSeen,
            Warnings = [.. surroundings.Warnings, .. unusable],
        };
    }

    private sealed class OneText(ReadOnlyMemory<byte> text) : IConfigFiles
    {
        public bool TryRead(string path, [NotNullWhen(true)] out byte[]? content, [NotNullWhen(false)] out ConfigFileFailure? failure)
        {
            content = text.ToArray();
            failure = null;
            return true;
        }

        public bool TryList(string path, [NotNullWhen(true)] out IReadOnlyList<string>? names, [NotNullWhen(false)] out ConfigFileFailure? failure)
        {
            names = null;
            failure = new ConfigFileFailure(IsMissing: true, "no directory is looked at");
            return false;
        }
    }
}
