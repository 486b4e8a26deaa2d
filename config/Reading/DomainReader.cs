using System.Globalization;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>Reads one <c>&lt;domain&gt;</c>.</summary>
internal sealed class DomainReader(Surroundings surroundings, string file, ConfigDraft draft)
{
    private const int MaxGraceSeconds = 24 * 60 * 60;
    private const string Socket = "unix";

    private static readonly string[] Known = ["name", "uuid", "type", "tags", "grace", "token-file", "address"];
    private static readonly char[] Blanks = [' ', '\t', '\r', '\n', ','];

    private readonly TransportSyntax[] _sources = [.. surroundings.Addresses.Transports.Where(transport => transport.SourceAttribute is not null)];

    /// <returns>What is wrong, or null.</returns>
    internal XmlProblem? Read(XmlElement element)
    {
        if (!ElementAttributes.TryTake(element, Known, out ElementAttributes? attributes, out XmlProblem? problem))
        {
            return problem;
        }

        problem = ReadIdentity(element, attributes, out DomainIdentity? identity);
        problem = ReadGrace(attributes, out TimeSpan grace) is { } wrongGrace ? problem ?? wrongGrace : problem;
        problem ??= XenstoreReader.CheckAddress(attributes, surroundings.Addresses);
        if (problem is not null)
        {
            return problem;
        }

        DomainDeclaration domain = new(identity!) { Grace = grace, Address = attributes["address"] };
        problem = ReadChildren(element, ref domain);
        if (problem is not null)
        {
            return problem;
        }

        domain = WithToken(element, attributes, domain, out SecretFile? secret);
        foreach (LocatedDomain other in draft.Domains)
        {
            if (domain.ConflictWith(other.Domain) is { } shared)
            {
                return new XmlProblem(
                    element.Position, $"domain {domain.Identity} has {shared} of domain {other.Domain.Identity} ({other.File}:{other.Position.Line})");
            }
        }

        draft.Domains.Add(new LocatedDomain(domain, file, element.Position, secret));
        return null;
    }

    private static XmlProblem? ReadIdentity(XmlElement element, ElementAttributes attributes, out DomainIdentity? identity)
    {
        identity = null;
        if (attributes["name"] is not { } name)
        {
            return new XmlProblem(element.Position, "<domain> has no name; expected <domain name=\"...\">");
        }

        string[] tags = (attributes["tags"] ?? "").Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        (string Attribute, string Word)[] words = [("name", name), .. attributes["type"] is { } type ? [("type", type)] : Array.Empty<(string, string)>(), .. tags.Select(tag => ("tags", tag))];
        foreach ((string attribute, string word) in words)
        {
            if (!DomainIdentity.IsValidWord(word))
            {
                return attributes.Wrong(
                    attribute, $"{attribute} has \"{word}\"; expected letters, digits, '.', '_' and '-', at most {DomainIdentity.MaxWordLength}, the first a letter or digit");
            }
        }

        string? uuid = null;
        if (attributes["uuid"] is { } written && !DomainIdentity.TryParseUuid(written, out uuid))
        {
            return attributes.Wrong("uuid", $"uuid is \"{written}\"; expected the form 01234567-89ab-cdef-0123-456789abcdef");
        }

        identity = new DomainIdentity(name) { Uuid = uuid, Type = attributes["type"], Tags = [.. tags.Distinct()] };
        return null;
    }

    private static XmlProblem? ReadGrace(ElementAttributes attributes, out TimeSpan grace)
    {
        grace = DomainDeclaration.DefaultGrace;
        if (attributes["grace"] is not { } text)
        {
            return null;
        }

        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds is > 0 and <= MaxGraceSeconds;
        grace = isNumber ? TimeSpan.FromSeconds(seconds) : grace;
        return isNumber ? null : attributes.Wrong("grace", $"grace is \"{text}\"; expected seconds, from 1 to {MaxGraceSeconds}");
    }

    private static XmlProblem? ReadLimit(XmlElement child, ref DomainDeclaration domain)
    {
        if (!ElementAttributes.TryTake(child, ["name"], out ElementAttributes? attributes, out XmlProblem? problem))
        {
            return problem;
        }

        if (ElementShape.CheckText(child) is { } shape)
        {
            return shape;
        }

        string name = attributes["name"] ?? "";
        if (DomainLimitTable.Find(name) is not { } limit)
        {
            return attributes.Wrong("name", $"there is no limit \"{name}\" of domains; expected one of {string.Join(", ", DomainLimitTable.Names)}");
        }

        string text = child.Text.Trim();
        if (!text.All(char.IsAsciiDigit) || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) || value > limit.Maximum)
        {
            return new XmlProblem(child.Position, $"limit {name} is \"{text}\"; expected a number from 0 to {limit.Maximum}");
        }

        domain = domain with { Limits = limit.With(domain.Limits, value) };
        return null;
    }

    private XmlProblem? ReadChildren(XmlElement element, ref DomainDeclaration domain)
    {
        if (ElementShape.CheckNoText(element) is { } text)
        {
            return text;
        }

        foreach (XmlElement child in element.Children)
        {
            XmlProblem? problem = child.Name switch
            {
                "source" => ReadSource(child, ref domain),
                "limit" => ReadLimit(child, ref domain),
                _ => new XmlProblem(child.Position, $"element <{child.Name}> is not known in <domain>; expected <source> or <limit>"),
            };
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private XmlProblem? ReadSource(XmlElement child, ref DomainDeclaration domain)
    {
        string[] known = [.. _sources.Select(transport => transport.SourceAttribute!), Socket];
        if (!ElementAttributes.TryTake(child, [.. known, "mode"], out ElementAttributes? attributes, out XmlProblem? problem)
            || (problem = SocketModeReader.Read(attributes, out UnixFileMode? mode)) is not null)
        {
            return problem;
        }

        IReadOnlyList<string> given = attributes.Given(known);
        if (given.Count != 1)
        {
            return new XmlProblem(child.Position, $"<source> needs exactly one of {string.Join(", ", known)}");
        }

        string kind = given[0];
        if (mode is not null && kind != Socket)
        {
            return attributes.Wrong("mode", "mode is for unix: no other source is a file");
        }

        string value = attributes[kind]!;
        string? error;
        if (kind == Socket)
        {
            UnixListenAddress socket = new(UnixAddressKind.Path, RelativePath.Resolve(file, value)) { Domain = domain.Identity.Name, Mode = mode };
            error = value.Length == 0 ? "unix is empty; expected the path of a socket" : socket.LengthError(socket);
            domain = domain with { Sockets = [.. domain.Sockets, socket] };
        }
        else if (_sources.First(transport => transport.SourceAttribute == kind).TryReadSource(value, out DomainSource? source, out error))
        {
            domain = domain with { Sources = [.. domain.Sources, source] };
        }

        return error is null ? ElementShape.CheckEmpty(child) : attributes.Wrong(kind, error);
    }

    /// <summary>A domain whose secret cannot be read is there all the same; it cannot prove itself by it.</summary>
    private DomainDeclaration WithToken(XmlElement element, ElementAttributes attributes, DomainDeclaration domain, out SecretFile? secret)
    {
        secret = null;
        if (attributes["token-file"] is not { } written)
        {
            return domain;
        }

        string path = RelativePath.Resolve(file, written);
        domain = domain with { TokenFile = path };
        surroundings.FilesSeen.Add(path);
        string? failure = "no file is opened";
        if (surroundings.Secrets?.TryRead(path, out secret, out failure) != true)
        {
            surroundings.Warn(file, element.Position, $"domain {domain.Identity} has no secret: {path}: {failure}");
            return domain;
        }

        if (!DomainToken.TryParse(secret!.Content, out DomainToken? token, out string? error) || (token.Name ?? domain.Identity.Name) != domain.Identity.Name)
        {
            surroundings.Warn(file, element.Position, $"domain {domain.Identity} has no secret: {path}: {error ?? $"the token is of domain {token!.Name}"}");
            return domain;
        }

        return domain with { Token = secret.Content.AsMemory().TrimEnd("\r\n"u8) };
    }
}
