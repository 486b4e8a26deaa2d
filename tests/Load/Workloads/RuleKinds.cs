using XcpBroker.Load.Engine;

namespace XcpBroker.Load.Workloads;

/// <summary>Match rules that look like the load's and match none of its messages.</summary>
internal static class RuleKinds
{
    internal const string Mixed = "mixed";

    internal static readonly string[] All =
        ["member", "interface", "path", "path_namespace", "sender", "destination", "arg0", "arg0path", "arg0namespace", "arg1"];

    /// <summary>The index-th rule of a kind.</summary>
    internal static string Rule(string kind, int index)
    {
        const string Load = $"type='signal',interface='{Template.Interface}'";
        return kind switch
        {
            Mixed => Rule(All[index % All.Length], index),
            "member" => $"{Load},member='Other{index}'",
            "interface" => $"type='signal',interface='org.example.Other{index}'",
            "path" => $"{Load},path='/org/example/other{index}'",
            "path_namespace" => $"{Load},path_namespace='/org/example/other{index}'",
            "sender" => $"{Load},sender='org.example.Other{index}'",
            "destination" => $"{Load},destination=':9.{index}'",
            "arg0" => $"{Load},member='{Template.SignalName}',arg0='other{index}'",
            "arg0path" => $"{Load},member='{Template.SignalName}',arg0path='/other{index}/'",
            "arg0namespace" => $"{Load},member='{Template.SignalName}',arg0namespace='org.example.other{index}'",
            "arg1" => $"{Load},member='{Template.SignalName}',arg1='other{index}'",
            _ => throw new ArgumentException($"no kind of rules is called {kind}: {Mixed} {string.Join(' ', All)}", nameof(kind)),
        };
    }
}
