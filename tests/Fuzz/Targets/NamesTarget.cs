using System.Text;
using System.Text.RegularExpressions;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Each name grammar against its regular expression.</summary>
internal sealed partial class NamesTarget : IFuzzTarget
{
    public static string Name => "names";

    public static string Corpus => "names";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        string text = Encoding.Latin1.GetString(input);
        bool fits = input.Length <= 255;
        FuzzFailure.Unless(ObjectPath.IsValid(input) == Path().IsMatch(text), "object path");
        FuzzFailure.Unless(MemberNames.IsValidMember(input) == (fits && Member().IsMatch(text)), "member");
        FuzzFailure.Unless(MemberNames.IsValidInterface(input) == (fits && Interface().IsMatch(text)), "interface");
        FuzzFailure.Unless(BusName.IsValidUnique(input) == (fits && Unique().IsMatch(text)), "unique name");
        FuzzFailure.Unless(BusName.IsValidWellKnown(input) == (fits && WellKnown().IsMatch(text)), "well-known name");
        FuzzFailure.Unless(BusName.IsValidNamespace(input) == (fits && Namespace().IsMatch(text)), "namespace");
        FuzzFailure.Unless(BusName.IsValid(text) == BusName.IsValid(input), "bus name as string");
    }

    [GeneratedRegex(@"\A(/|(/[A-Za-z0-9_]+)+)\z")]
    private static partial Regex Path();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex Member();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+\z")]
    private static partial Regex Interface();

    [GeneratedRegex(@"\A:[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+\z")]
    private static partial Regex Unique();

    [GeneratedRegex(@"\A[A-Za-z_-][A-Za-z0-9_-]*(\.[A-Za-z_-][A-Za-z0-9_-]*)+\z")]
    private static partial Regex WellKnown();

    [GeneratedRegex(@"\A([A-Za-z_-][A-Za-z0-9_-]*(\.[A-Za-z_-][A-Za-z0-9_-]*)*|:[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)\z")]
    private static partial Regex Namespace();
}
