using XcpBroker.Config.Services;
using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>Reads one file of a configuration into a draft, and the files that it includes into the same draft at their place.</summary>
internal sealed class FileReader
{
    private static readonly string[] Mechanisms = ["EXTERNAL", "DBUS_COOKIE_SHA1", "XCP_TOKEN", "ANONYMOUS"];

    private readonly Surroundings _surroundings;
    private readonly string _file;
    private readonly ConfigDraft _draft;
    private readonly IncludeReader _includes;
    private readonly Dictionary<string, Func<XmlElement, ConfigProblem?>> _elements;

    internal FileReader(Surroundings surroundings, string file, ConfigDraft draft, IncludeReader includes)
    {
        _surroundings = surroundings;
        _file = file;
        _draft = draft;
        _includes = includes;
        PolicyReader policies = new(surroundings, file, draft);
        DomainReader domains = new(surroundings, file, draft);
        _elements = new Dictionary<string, Func<XmlElement, ConfigProblem?>>(StringComparer.Ordinal)
        {
            ["allow_anonymous"] = Flag(() => draft.AllowAnonymous = true),
            ["apparmor"] = Located(ReadAppArmor),
            ["auth"] = Text(AddMechanism),
            ["buffer"] = Located(element => BufferReader.Read(element, file, surroundings, draft)),
            ["domain"] = Located(domains.Read),
            ["domainstarter"] = Text(ReadDomainStarter),
            ["fork"] = Flag(() => draft.Fork = true),
            ["include"] = ReadInclude,
            ["includedir"] = ReadIncludeDirectory,
            ["keep_umask"] = Flag(() => draft.KeepUmask = true),
            ["limit"] = Located(element => LimitReader.Read(element, file, draft)),
            ["listen"] = Located(ReadListen),
            ["pidfile"] = Text(element => draft.PidFile = element.Text.Trim()),
            ["policy"] = Located(element => ElementShape.CheckNoText(element) ?? policies.Read(element)),
            ["selinux"] = Located(ReadSelinux),
            ["servicedir"] = Text(element => draft.AddServiceDirectories(
                [new ServiceDirectory(RelativePath.Resolve(file, element.Text.Trim()), IsTransient: false, RequiresMatchingFileNames: false)])),
            ["servicehelper"] = Text(element => draft.ServiceHelper = RelativePath.Resolve(file, element.Text.Trim())),
            ["standard_session_servicedirs"] = Flag(() => draft.AddServiceDirectories(surroundings.StandardDirectories.Session)),
            ["standard_system_servicedirs"] = Flag(() => draft.AddServiceDirectories(StandardServiceDirectories.System)),
            ["syslog"] = Flag(() => draft.Syslog = true),
            ["type"] = Text(element => draft.Type = element.Text.Trim()),
            ["user"] = Text(element => draft.User = element.Text.Trim()),
            ["xenstore"] = Located(element => XenstoreReader.Read(element, surroundings.Addresses, draft)),
        };
    }

    /// <returns>The first thing that is wrong, or null.</returns>
    internal ConfigProblem? Read(XmlElement root)
    {
        if (root.Name != "busconfig")
        {
            return At(new XmlProblem(root.Position, $"the root element is <{root.Name}>; expected <busconfig>"));
        }

        if ((CheckNoAttributes(root) ?? ElementShape.CheckNoText(root)) is { } problem)
        {
            return At(problem);
        }

        foreach (XmlElement child in root.Children)
        {
            if (!_elements.TryGetValue(child.Name, out Func<XmlElement, ConfigProblem?>? read))
            {
                string expected = string.Join(", ", _elements.Keys);
                return At(new XmlProblem(child.Position, $"element <{child.Name}> is not known in <busconfig>; expected one of {expected}"));
            }

            if (read(child) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static XmlProblem? CheckNoAttributes(XmlElement element) =>
        ElementAttributes.TryTake(element, [], out _, out XmlProblem? problem) ? null : problem;

    private ConfigProblem At(XmlProblem problem) => new(_file, problem.Position.Line, problem.Position.Column, problem.Message);

    private Func<XmlElement, ConfigProblem?> Located(Func<XmlElement, XmlProblem?> read) =>
        element => read(element) is { } problem ? At(problem) : null;

    private Func<XmlElement, ConfigProblem?> Flag(Action set) => Located(element =>
    {
        XmlProblem? problem = CheckNoAttributes(element) ?? ElementShape.CheckEmpty(element);
        if (problem is null)
        {
            set();
        }

        return problem;
    });

    private Func<XmlElement, ConfigProblem?> Text(Func<XmlElement, XmlProblem?> read) =>
        Located(element => CheckNoAttributes(element) ?? ElementShape.CheckText(element) ?? read(element));

    private Func<XmlElement, ConfigProblem?> Text(Action<XmlElement> set) => Text(element =>
    {
        set(element);
        return null;
    });

    private XmlProblem? ReadListen(XmlElement element)
    {
        if (!ElementAttributes.TryTake(element, ["domain", "identity", "mode"], out ElementAttributes? attributes, out XmlProblem? problem)
            || (problem = ElementShape.CheckText(element)) is not null)
        {
            return problem;
        }

        if (attributes["identity"] is not (null or "address"))
        {
            return attributes.Wrong("identity", $"identity is \"{attributes["identity"]}\"; expected address");
        }

        if (attributes["identity"] is not null && attributes["domain"] is not null)
        {
            return attributes.Wrong("identity", "identity cannot be combined with domain: whoever connects there is that domain already");
        }

        if (SocketModeReader.Read(attributes, out UnixFileMode? mode) is { } wrong)
        {
            return wrong;
        }

        if (mode is not null && attributes["domain"] is null)
        {
            return attributes.Wrong("mode", "mode is for sockets of domains: who may use the bus's own is for the policy to say");
        }

        LocatedText address = new(element.Text.Trim(), _file, element.Position);
        _draft.Listen.Add(new ListenSetting(address, attributes["domain"], attributes["identity"] is not null, mode));
        return null;
    }

    private XmlProblem? AddMechanism(XmlElement element)
    {
        string name = element.Text.Trim();
        if (!Mechanisms.Contains(name))
        {
            return new XmlProblem(element.Position, $"there is no authentication mechanism \"{name}\"; expected one of {string.Join(", ", Mechanisms)}");
        }

        _draft.AuthMechanisms.Add(name);
        return null;
    }

    private XmlProblem? ReadDomainStarter(XmlElement element)
    {
        if (!DomainStarter.TryParse(element.Text.Trim(), out DomainStarter? starter, out string? error))
        {
            return new XmlProblem(element.Position, $"<domainstarter>: {error}");
        }

        _draft.DomainStarter = starter;
        return null;
    }

    private ConfigProblem? ReadInclude(XmlElement element)
    {
        XmlProblem? problem = null;
        bool? ifSelinux = null;
        bool? selinuxRelative = null;
        bool? ignoreMissing = null;
        bool isWellWritten = ElementAttributes.TryTake(
                element, ["ignore_missing", "if_selinux_enabled", "selinux_root_relative"], out ElementAttributes? attributes, out problem)
            && attributes.TryGetChoice("ignore_missing", "yes", "no", out ignoreMissing, out problem)
            && attributes.TryGetChoice("if_selinux_enabled", "yes", "no", out ifSelinux, out problem)
            && attributes.TryGetChoice("selinux_root_relative", "yes", "no", out selinuxRelative, out problem);
        problem = isWellWritten ? ElementShape.CheckText(element) : problem;
        if (problem is null && ifSelinux != true && selinuxRelative == true)
        {
            problem = attributes!.Wrong("selinux_root_relative", "there is no SELinux policy here to be relative to; expected if_selinux_enabled=\"yes\" with it");
        }

        if (problem is not null)
        {
            return At(problem);
        }

        // SELinux is not asked for anything, so for a configuration it is not enabled.
        return ifSelinux == true
            ? null
            : _includes.ReadFile(RelativePath.Resolve(_file, element.Text.Trim()), ignoreMissing == true, _file, element.Position, _draft);
    }

    private ConfigProblem? ReadIncludeDirectory(XmlElement element)
    {
        XmlProblem? problem = CheckNoAttributes(element) ?? ElementShape.CheckText(element);
        return problem is not null
            ? At(problem)
            : _includes.ReadDirectory(RelativePath.Resolve(_file, element.Text.Trim()), _file, element.Position, _draft);
    }

    private XmlProblem? ReadAppArmor(XmlElement element)
    {
        if (!ElementAttributes.TryTake(element, ["mode"], out ElementAttributes? attributes, out XmlProblem? problem))
        {
            return problem;
        }

        if (attributes["mode"] is not (null or "disabled" or "enabled"))
        {
            return attributes.Wrong("mode", attributes["mode"] == "required"
                ? "mode is \"required\", but AppArmor cannot be asked here; expected enabled or disabled"
                : $"mode is \"{attributes["mode"]}\"; expected enabled or disabled");
        }

        if (attributes["mode"] != "disabled")
        {
            _surroundings.WarnOnce(_file, element.Position, "<apparmor> has no effect: AppArmor is not asked");
        }

        return ElementShape.CheckEmpty(element);
    }

    private XmlProblem? ReadSelinux(XmlElement element)
    {
        foreach (XmlElement child in element.Children)
        {
            if (child.Name != "associate")
            {
                return new XmlProblem(child.Position, $"element <{child.Name}> is not known in <selinux>; expected <associate>");
            }

            if (!ElementAttributes.TryTake(child, ["own", "context"], out ElementAttributes? attributes, out XmlProblem? problem))
            {
                return problem;
            }

            if (attributes["own"] is null || attributes["context"] is null)
            {
                return new XmlProblem(child.Position, "<associate> needs own=\"a name\" and context=\"an SELinux context\"");
            }

            if (ElementShape.CheckEmpty(child) is { } notEmpty)
            {
                return notEmpty;
            }

            _surroundings.WarnOnce(_file, child.Position, "<selinux> has no effect: SELinux is not asked");
        }

        return CheckNoAttributes(element) ?? ElementShape.CheckNoText(element);
    }
}
