namespace XcpBroker.Auth.Policy;

/// <summary>Where a rule is written, so that a verdict can say so.</summary>
/// <param name="File">The configuration file as it was opened.</param>
/// <param name="Line">The line on which the rule's element begins, from 1; 0: it is in no file.</param>
public readonly record struct PolicySource(string File, int Line)
{
    /// <summary><c>file:line</c>.</summary>
    public override string ToString() => Line == 0 ? File : $"{File}:{Line}";
}
