namespace XcpBroker.Fuzz;

/// <summary>One parser under fuzz. Every implementation in this assembly is found by its type; nothing else has to be edited.</summary>
internal interface IFuzzTarget
{
    /// <summary>What the command line calls it.</summary>
    static abstract string Name { get; }

    /// <summary>A folder or file below tests/vectors whose inputs are the seeds of mutation.</summary>
    static abstract string Corpus { get; }

    /// <summary>Any bytes may come. Throws if the parser does what it must not; exceptions of the parser pass through.</summary>
    static abstract void Fuzz(ReadOnlySpan<byte> input);
}
