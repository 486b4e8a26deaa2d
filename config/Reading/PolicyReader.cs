using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Policy;
using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>Reads one <c>&lt;policy&gt;</c>.</summary>
internal sealed class PolicyReader(Surroundings surroundings, string file, ConfigDraft draft)
{
    private static readonly string[] Contexts = ["context", "user", "group", "at_console", "domain"];

    private readonly RuleReader _rules = new(surroundings, file);

    /// <returns>What is wrong, or null.</returns>
    internal XmlProblem? Read(XmlElement element)
    {
        if (!ElementAttributes.TryTake(element, Contexts, out ElementAttributes? attributes, out XmlProblem? problem))
        {
            return problem;
        }

        IReadOnlyList<string> given = attributes.Given(Contexts);
        if (given.Count != 1)
        {
            string found = given.Count == 0 ? "none is there" : $"{string.Join(" and ", given)} are there";
            return new XmlProblem(element.Position, $"<policy> needs exactly one of context, user, group, at_console and domain; {found}");
        }

        problem = ReadContext(element, attributes, given[0], out PolicyContext? context);
        return problem ?? ReadRules(element, context);
    }

    /// <summary>Leaves the context null, without a problem, if it is for nobody.</summary>
    private XmlProblem? ReadContext(XmlElement element, ElementAttributes attributes, string kind, out PolicyContext? context)
    {
        string value = attributes[kind]!;
        context = null;
        switch (kind)
        {
            case "context":
                context = value == "default" ? PolicyContext.Default : value == "mandatory" ? PolicyContext.Mandatory : null;
                return context is null ? attributes.Wrong(kind, $"context is \"{value}\"; expected default or mandatory") : null;
            case "at_console":
                if (!attributes.TryGetChoice(kind, "true", "false", out bool? atConsole, out XmlProblem? problem))
                {
                    return problem;
                }

                if (atConsole == true)
                {
                    surroundings.WarnOnce(file, element.Position, "at_console=\"true\": nobody counts as at the console, so these rules are for nobody");
                }

                context = PolicyContext.AtConsole(atConsole == true);
                return null;
            case "domain":
                context = DomainPattern.TryParse(value, out DomainPattern? domain) ? PolicyContext.OfDomain(domain.Value) : null;
                return context is null ? attributes.Wrong(kind, $"domain is \"{value}\"; expected {DomainPattern.Forms}") : null;
            case "user":
                context = surroundings.FindUser(value) is { } user ? PolicyContext.OfUser(user) : null;
                break;
            default:
                context = surroundings.FindGroup(value) is { } group ? PolicyContext.OfGroup(group) : null;
                break;
        }

        if (context is null)
        {
            surroundings.Warn(file, element.Position, $"there is no {kind} \"{value}\": its rules are ignored");
        }

        return null;
    }

    private XmlProblem? ReadRules(XmlElement element, PolicyContext? context)
    {
        foreach (XmlElement child in element.Children)
        {
            if (child.Name is not ("allow" or "deny"))
            {
                return new XmlProblem(child.Position, $"element <{child.Name}> is not known in <policy>; expected <allow> or <deny>");
            }

            if (!_rules.TryRead(child, out PolicyRule? rule, out XmlProblem? problem))
            {
                return problem;
            }

            if (rule is ConnectRule && context?.Kind is PolicyContextKind.User or PolicyContextKind.Group or PolicyContextKind.Domain)
            {
                string attribute = child.Attributes[0].Name;
                return new XmlProblem(child.Position, $"{attribute} is not for a policy of one user, group or domain: who may connect is decided for all; expected context=\"default\" or \"mandatory\"");
            }

            if (ElementShape.CheckEmpty(child) is { } notEmpty)
            {
                return notEmpty;
            }

            if (rule is not null && context is { } meant)
            {
                draft.Policy.Add(new PolicyEntry(meant, rule));
            }
        }

        return null;
    }
}
