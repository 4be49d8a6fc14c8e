DefinitionBlock ("", "SSDT", 2, "DRYDCK", "RAIL", 0x00000001)
{
    Scope (\_SB)
    {
        Method (_OSC, 4)
        {
            CreateDWordField (Arg3, 4, CAP0)
            Store (And (CAP0, 0x04), CAP0)
            Return (Arg3)
        }
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A08"))
            Name (_ADR, Zero)
            PowerResource (PRRA, 0, 0)
            {
                Name (STAT, One)
                Method (_STA) { Return (STAT) }
                Method (_ON, 0, Serialized) { Store (One, STAT) }
                Method (_OFF, 0, Serialized) { Store (Zero, STAT) }
                Method (_RST, 0, Serialized) { Sleep (10) Store (One, STAT) }
            }
            Device (SCSI)
            {
                Name (_ADR, 0x00030000)
                Name (_PRR, Package (1) { PRRA })
            }
            Device (EDU0)
            {
                Name (_ADR, 0x00040000)
                Name (_PRR, Package (1) { PRRA })
                Name (_PR3, Package (1) { PRRA })
                Method (_RST, 0, Serialized) { Sleep (5) }
                Name (_UPC, Package (4) { 0xFF, 0, 0, 0 })
                Name (_PLD, Package(1) { Buffer (0x14) {} })
            }
        }
    }
}
