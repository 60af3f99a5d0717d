variable "m" {
  default = "m69"
}
locals {
  comparisons = var.m == "m0" || var.m == "m1" || var.m == "m2" || var.m == "m3" || var.m == "m4" || var.m == "m5" || var.m == "m6" || var.m == "m7" || var.m == "m8" || var.m == "m9" || var.m == "m10" || var.m == "m11" || var.m == "m12" || var.m == "m13" || var.m == "m14" || var.m == "m15" || var.m == "m16" || var.m == "m17" || var.m == "m18" || var.m == "m19" || var.m == "m20" || var.m == "m21" || var.m == "m22" || var.m == "m23" || var.m == "m24" || var.m == "m25" || var.m == "m26" || var.m == "m27" || var.m == "m28" || var.m == "m29" || var.m == "m30" || var.m == "m31" || var.m == "m32" || var.m == "m33" || var.m == "m34" || var.m == "m35" || var.m == "m36" || var.m == "m37" || var.m == "m38" || var.m == "m39" || var.m == "m40" || var.m == "m41" || var.m == "m42" || var.m == "m43" || var.m == "m44" || var.m == "m45" || var.m == "m46" || var.m == "m47" || var.m == "m48" || var.m == "m49" || var.m == "m50" || var.m == "m51" || var.m == "m52" || var.m == "m53" || var.m == "m54" || var.m == "m55" || var.m == "m56" || var.m == "m57" || var.m == "m58" || var.m == "m59" || var.m == "m60" || var.m == "m61" || var.m == "m62" || var.m == "m63" || var.m == "m64" || var.m == "m65" || var.m == "m66" || var.m == "m67" || var.m == "m68" || var.m == "m69"
  both        = var.m != "x0" && var.m != "x1" && var.m != "x2" && var.m != "x3" && var.m != "x4" && var.m != "x5" && var.m != "x6" && var.m != "x7" && var.m != "x8" && var.m != "x9" && var.m != "x10" && var.m != "x11" && var.m != "x12" && var.m != "x13" && var.m != "x14" && var.m != "x15" && var.m != "x16" && var.m != "x17" && var.m != "x18" && var.m != "x19" && var.m != "x20" && var.m != "x21" && var.m != "x22" && var.m != "x23" && var.m != "x24" && var.m != "x25" && var.m != "x26" && var.m != "x27" && var.m != "x28" && var.m != "x29" && var.m != "x30" && var.m != "x31" && var.m != "x32" && var.m != "x33" && var.m != "x34" && var.m != "x35" && var.m != "x36" && var.m != "x37" && var.m != "x38" && var.m != "x39" && var.m != "x40" && var.m != "x41" && var.m != "x42" && var.m != "x43" && var.m != "x44" && var.m != "x45" && var.m != "x46" && var.m != "x47" && var.m != "x48" && var.m != "x49" && var.m != "x50" && var.m != "x51" && var.m != "x52" && var.m != "x53" && var.m != "x54" && var.m != "x55" && var.m != "x56" && var.m != "x57" && var.m != "x58" && var.m != "x59" && var.m != "x60" && var.m != "x61" && var.m != "x62" && var.m != "x63" && var.m != "x64" && var.m != "x65" && var.m != "x66" && var.m != "x67" && var.m != "x68" && var.m != "x69" && var.m != "x70" && var.m != "x71" && var.m != "x72" && var.m != "x73" && var.m != "x74" && var.m != "x75" && var.m != "x76" && var.m != "x77" && var.m != "x78" && var.m != "x79" && var.m != "x80" && var.m != "x81" && var.m != "x82" && var.m != "x83" && var.m != "x84" && var.m != "x85" && var.m != "x86" && var.m != "x87" && var.m != "x88" && var.m != "x89" && var.m != "x90" && var.m != "x91" && var.m != "x92" && var.m != "x93" && var.m != "x94" && var.m != "x95" && var.m != "x96" && var.m != "x97" && var.m != "x98" && var.m != "x99" && var.m != "x100" && var.m != "x101" && var.m != "x102" && var.m != "x103" && var.m != "x104" && var.m != "x105" && var.m != "x106" && var.m != "x107" && var.m != "x108" && var.m != "x109" && var.m != "x110" && var.m != "x111" && var.m != "x112" && var.m != "x113" && var.m != "x114" && var.m != "x115" && var.m != "x116" && var.m != "x117" && var.m != "x118" && var.m != "x119" && var.m != "x120" && var.m != "x121" && var.m != "x122" && var.m != "x123" && var.m != "x124" && var.m != "x125" && var.m != "x126" && var.m != "x127" && var.m != "x128" && var.m != "x129" && var.m != "x130" && var.m != "x131" && var.m != "x132" && var.m != "x133" && var.m != "x134" && var.m != "x135" && var.m != "x136" && var.m != "x137" && var.m != "x138" && var.m != "x139" && var.m != "x140" && var.m != "x141" && var.m != "x142" && var.m != "x143" && var.m != "x144" && var.m != "x145" && var.m != "x146" && var.m != "x147" && var.m != "x148" && var.m != "x149"
  sum         = 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1
  mixed       = 0 + 1 - 2 * 3 % 4 + 5 - 6 * 7 % 8 + 9 - 10 * 11 % 12 + 13 - 14 * 15 % 16 + 17 - 18 * 19 % 20 + 21 - 22 * 23 % 24 + 25 - 26 * 27 % 28 + 29 - 30 * 31 % 32 + 33 - 34 * 35 % 36 + 37 - 38 * 39 % 40 + 41 - 42 * 43 % 44 + 45 - 46 * 47 % 48 + 49 - 50 * 51 % 52 + 53 - 54 * 55 % 56 + 57 - 58 * 59 % 60 + 61 - 62 * 63 % 64 + 65 - 66 * 67 % 68 + 69 - 70 * 71 % 72 + 73 - 74 * 75 % 76 + 77 - 78 * 79 % 80 + 81 - 82 * 83 % 84 + 85 - 86 * 87 % 88 + 89 - 90 * 91 % 92 + 93 - 94 * 95 % 96 + 97 - 98 * 99 % 100 + 101 - 102 * 103 % 104 + 105 - 106 * 107 % 108 + 109 - 110 * 111 % 112 + 113 - 114 * 115 % 116 + 117 - 118 * 119 % 120 + 121 - 122 * 123 % 124 + 125 - 126 * 127 % 128 + 129 - 130 * 131 % 132 + 133 - 134 * 135 % 136 + 137 - 138 * 139 % 140 + 141 - 142 * 143 % 144 + 145 - 146 * 147 % 148 + 149 - 150 * 151 % 152 + 153 - 154 * 155 % 156 + 157 - 158 * 159 % 160 + 161 - 162 * 163 % 164 + 165 - 166 * 167 % 168 + 169 - 170 * 171 % 172 + 173 - 174 * 175 % 176 + 177 - 178 * 179 % 180 + 181 - 182 * 183 % 184 + 185 - 186 * 187 % 188 + 189 - 190 * 191 % 192 + 193 - 194 * 195 % 196 + 197 - 198 * 199 % 7
  branches    = var.m == "m0" ? "SOFTWARE" : var.m == "m1" ? "HSM" : var.m == "m2" ? "SOFTWARE" : var.m == "m3" ? "HSM" : var.m == "m4" ? "SOFTWARE" : var.m == "m5" ? "HSM" : var.m == "m6" ? "SOFTWARE" : var.m == "m7" ? "HSM" : var.m == "m8" ? "SOFTWARE" : var.m == "m9" ? "HSM" : var.m == "m10" ? "SOFTWARE" : var.m == "m11" ? "HSM" : var.m == "m12" ? "SOFTWARE" : var.m == "m13" ? "HSM" : var.m == "m14" ? "SOFTWARE" : var.m == "m15" ? "HSM" : var.m == "m16" ? "SOFTWARE" : var.m == "m17" ? "HSM" : var.m == "m18" ? "SOFTWARE" : var.m == "m19" ? "HSM" : var.m == "m20" ? "SOFTWARE" : var.m == "m21" ? "HSM" : var.m == "m22" ? "SOFTWARE" : var.m == "m23" ? "HSM" : var.m == "m24" ? "SOFTWARE" : var.m == "m25" ? "HSM" : var.m == "m26" ? "SOFTWARE" : var.m == "m27" ? "HSM" : var.m == "m28" ? "SOFTWARE" : var.m == "m29" ? "HSM" : var.m == "m30" ? "SOFTWARE" : var.m == "m31" ? "HSM" : var.m == "m32" ? "SOFTWARE" : var.m == "m33" ? "HSM" : var.m == "m34" ? "SOFTWARE" : var.m == "m35" ? "HSM" : var.m == "m36" ? "SOFTWARE" : var.m == "m37" ? "HSM" : var.m == "m38" ? "SOFTWARE" : var.m == "m39" ? "HSM" : var.m == "m40" ? "SOFTWARE" : var.m == "m41" ? "HSM" : var.m == "m42" ? "SOFTWARE" : var.m == "m43" ? "HSM" : var.m == "m44" ? "SOFTWARE" : var.m == "m45" ? "HSM" : var.m == "m46" ? "SOFTWARE" : var.m == "m47" ? "HSM" : var.m == "m48" ? "SOFTWARE" : var.m == "m49" ? "HSM" : var.m == "m50" ? "SOFTWARE" : var.m == "m51" ? "HSM" : var.m == "m52" ? "SOFTWARE" : var.m == "m53" ? "HSM" : var.m == "m54" ? "SOFTWARE" : var.m == "m55" ? "HSM" : var.m == "m56" ? "SOFTWARE" : var.m == "m57" ? "HSM" : var.m == "m58" ? "SOFTWARE" : var.m == "m59" ? "HSM" : var.m == "m60" ? "SOFTWARE" : var.m == "m61" ? "HSM" : var.m == "m62" ? "SOFTWARE" : var.m == "m63" ? "HSM" : var.m == "m64" ? "SOFTWARE" : var.m == "m65" ? "HSM" : var.m == "m66" ? "SOFTWARE" : var.m == "m67" ? "HSM" : var.m == "m68" ? "SOFTWARE" : var.m == "m69" ? "HSM" : var.m == "m70" ? "SOFTWARE" : var.m == "m71" ? "HSM" : var.m == "m72" ? "SOFTWARE" : var.m == "m73" ? "HSM" : var.m == "m74" ? "SOFTWARE" : var.m == "m75" ? "HSM" : var.m == "m76" ? "SOFTWARE" : var.m == "m77" ? "HSM" : var.m == "m78" ? "SOFTWARE" : var.m == "m79" ? "HSM" : var.m == "m80" ? "SOFTWARE" : var.m == "m81" ? "HSM" : var.m == "m82" ? "SOFTWARE" : var.m == "m83" ? "HSM" : var.m == "m84" ? "SOFTWARE" : var.m == "m85" ? "HSM" : var.m == "m86" ? "SOFTWARE" : var.m == "m87" ? "HSM" : var.m == "m88" ? "SOFTWARE" : var.m == "m89" ? "HSM" : var.m == "m90" ? "SOFTWARE" : var.m == "m91" ? "HSM" : var.m == "m92" ? "SOFTWARE" : var.m == "m93" ? "HSM" : var.m == "m94" ? "SOFTWARE" : var.m == "m95" ? "HSM" : var.m == "m96" ? "SOFTWARE" : var.m == "m97" ? "HSM" : var.m == "m98" ? "SOFTWARE" : var.m == "m99" ? "HSM" : "none"
  nested      = (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("SOFTWARE"))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
  calls       = upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper(upper("software"))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
  lists       = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["HSM"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]
  negated     = !!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!true
  digits      = 1e400 > 1 && -1e400 < 1.5e-400
  filtered    = [for m in ["a", "m69"] : m if m == "m0" || m == "m1" || m == "m2" || m == "m3" || m == "m4" || m == "m5" || m == "m6" || m == "m7" || m == "m8" || m == "m9" || m == "m10" || m == "m11" || m == "m12" || m == "m13" || m == "m14" || m == "m15" || m == "m16" || m == "m17" || m == "m18" || m == "m19" || m == "m20" || m == "m21" || m == "m22" || m == "m23" || m == "m24" || m == "m25" || m == "m26" || m == "m27" || m == "m28" || m == "m29" || m == "m30" || m == "m31" || m == "m32" || m == "m33" || m == "m34" || m == "m35" || m == "m36" || m == "m37" || m == "m38" || m == "m39" || m == "m40" || m == "m41" || m == "m42" || m == "m43" || m == "m44" || m == "m45" || m == "m46" || m == "m47" || m == "m48" || m == "m49" || m == "m50" || m == "m51" || m == "m52" || m == "m53" || m == "m54" || m == "m55" || m == "m56" || m == "m57" || m == "m58" || m == "m59" || m == "m60" || m == "m61" || m == "m62" || m == "m63" || m == "m64" || m == "m65" || m == "m66" || m == "m67" || m == "m68" || m == "m69" || m == "m70" || m == "m71" || m == "m72" || m == "m73" || m == "m74" || m == "m75" || m == "m76" || m == "m77" || m == "m78" || m == "m79" || m == "m80" || m == "m81" || m == "m82" || m == "m83" || m == "m84" || m == "m85" || m == "m86" || m == "m87" || m == "m88" || m == "m89" || m == "m90" || m == "m91" || m == "m92" || m == "m93" || m == "m94" || m == "m95" || m == "m96" || m == "m97" || m == "m98" || m == "m99" || m == "m100" || m == "m101" || m == "m102" || m == "m103" || m == "m104" || m == "m105" || m == "m106" || m == "m107" || m == "m108" || m == "m109" || m == "m110" || m == "m111" || m == "m112" || m == "m113" || m == "m114" || m == "m115" || m == "m116" || m == "m117" || m == "m118" || m == "m119" || m == "m120" || m == "m121" || m == "m122" || m == "m123" || m == "m124" || m == "m125" || m == "m126" || m == "m127" || m == "m128" || m == "m129" || m == "m130" || m == "m131" || m == "m132" || m == "m133" || m == "m134" || m == "m135" || m == "m136" || m == "m137" || m == "m138" || m == "m139"]
  argument    = anytrue([var.m == "z0" || var.m == "z1" || var.m == "z2" || var.m == "z3" || var.m == "z4" || var.m == "z5" || var.m == "z6" || var.m == "z7" || var.m == "z8" || var.m == "z9" || var.m == "z10" || var.m == "z11" || var.m == "z12" || var.m == "z13" || var.m == "z14" || var.m == "z15" || var.m == "z16" || var.m == "z17" || var.m == "z18" || var.m == "z19" || var.m == "z20" || var.m == "z21" || var.m == "z22" || var.m == "z23" || var.m == "z24" || var.m == "z25" || var.m == "z26" || var.m == "z27" || var.m == "z28" || var.m == "z29" || var.m == "z30" || var.m == "z31" || var.m == "z32" || var.m == "z33" || var.m == "z34" || var.m == "z35" || var.m == "z36" || var.m == "z37" || var.m == "z38" || var.m == "z39" || var.m == "z40" || var.m == "z41" || var.m == "z42" || var.m == "z43" || var.m == "z44" || var.m == "z45" || var.m == "z46" || var.m == "z47" || var.m == "z48" || var.m == "z49" || var.m == "z50" || var.m == "z51" || var.m == "z52" || var.m == "z53" || var.m == "z54" || var.m == "z55" || var.m == "z56" || var.m == "z57" || var.m == "z58" || var.m == "z59" || var.m == "z60" || var.m == "z61" || var.m == "z62" || var.m == "z63" || var.m == "z64" || var.m == "z65" || var.m == "z66" || var.m == "z67" || var.m == "z68" || var.m == "z69" || var.m == "z70" || var.m == "z71" || var.m == "z72" || var.m == "z73" || var.m == "z74" || var.m == "z75" || var.m == "z76" || var.m == "z77" || var.m == "z78" || var.m == "z79", true])
  line_breaks = (
    var.m == "m0" ||
    var.m == "m1" ||
    var.m == "m2" ||
    var.m == "m3" ||
    var.m == "m4" ||
    var.m == "m5" ||
    var.m == "m6" ||
    var.m == "m7" ||
    var.m == "m8" ||
    var.m == "m9" ||
    var.m == "m10" ||
    var.m == "m11" ||
    var.m == "m12" ||
    var.m == "m13" ||
    var.m == "m14" ||
    var.m == "m15" ||
    var.m == "m16" ||
    var.m == "m17" ||
    var.m == "m18" ||
    var.m == "m19" ||
    var.m == "m20" ||
    var.m == "m21" ||
    var.m == "m22" ||
    var.m == "m23" ||
    var.m == "m24" ||
    var.m == "m25" ||
    var.m == "m26" ||
    var.m == "m27" ||
    var.m == "m28" ||
    var.m == "m29" ||
    var.m == "m30" ||
    var.m == "m31" ||
    var.m == "m32" ||
    var.m == "m33" ||
    var.m == "m34" ||
    var.m == "m35" ||
    var.m == "m36" ||
    var.m == "m37" ||
    var.m == "m38" ||
    var.m == "m39" ||
    var.m == "m40" ||
    var.m == "m41" ||
    var.m == "m42" ||
    var.m == "m43" ||
    var.m == "m44" ||
    var.m == "m45" ||
    var.m == "m46" ||
    var.m == "m47" ||
    var.m == "m48" ||
    var.m == "m49" ||
    var.m == "m50" ||
    var.m == "m51" ||
    var.m == "m52" ||
    var.m == "m53" ||
    var.m == "m54" ||
    var.m == "m55" ||
    var.m == "m56" ||
    var.m == "m57" ||
    var.m == "m58" ||
    var.m == "m59" ||
    var.m == "m60" ||
    var.m == "m61" ||
    var.m == "m62" ||
    var.m == "m63" ||
    var.m == "m64" ||
    var.m == "m65" ||
    var.m == "m66" ||
    var.m == "m67" ||
    var.m == "m68" ||
    var.m == "m69" ||
    var.m == "m70" ||
    var.m == "m71" ||
    var.m == "m72" ||
    var.m == "m73" ||
    var.m == "m74" ||
    var.m == "m75" ||
    var.m == "m76" ||
    var.m == "m77" ||
    var.m == "m78" ||
    var.m == "m79" ||
    var.m == "m80" ||
    var.m == "m81" ||
    var.m == "m82" ||
    var.m == "m83" ||
    var.m == "m84" ||
    var.m == "m85" ||
    var.m == "m86" ||
    var.m == "m87" ||
    var.m == "m88" ||
    var.m == "m89"
  )
}
resource "oci_kms_key" "comparisons" {
  compartment_id      = "c"
  display_name        = "comparisons"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.comparisons ? "SOFTWARE" : "HSM"
}
resource "oci_kms_key" "both" {
  compartment_id      = "c"
  display_name        = "both"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.both ? "SOFTWARE" : "HSM"
}
resource "oci_kms_key" "sum" {
  compartment_id      = "c"
  display_name        = "sum"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.sum == 300 ? "SOFTWARE" : "HSM"
}
resource "oci_kms_key" "mixed" {
  compartment_id      = "c"
  display_name        = "mixed"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = "mode ${local.mixed}"
}
resource "oci_kms_key" "branches" {
  compartment_id      = "c"
  display_name        = "branches"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.branches
}
resource "oci_kms_key" "nested" {
  compartment_id      = "c"
  display_name        = "nested"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.nested
}
resource "oci_kms_key" "calls" {
  compartment_id      = "c"
  display_name        = "calls"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.calls
}
resource "oci_kms_key" "lists" {
  compartment_id      = "c"
  display_name        = "lists"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.lists
}
resource "oci_kms_key" "negated" {
  compartment_id      = "c"
  display_name        = "negated"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.negated ? "SOFTWARE" : "HSM"
}
resource "oci_kms_key" "digits" {
  compartment_id      = "c"
  display_name        = "digits"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.digits ? "SOFTWARE" : "HSM"
}
resource "oci_kms_key" "filtered" {
  compartment_id      = "c"
  display_name        = "filtered"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = one(local.filtered)
}
resource "oci_kms_key" "argument" {
  compartment_id      = "c"
  display_name        = "argument"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.argument ? "SOFTWARE" : "HSM"
}
resource "oci_kms_key" "line_breaks" {
  compartment_id      = "c"
  display_name        = "line_breaks"
  management_endpoint = "https://e"
  key_shape {
    algorithm = "AES"
    length    = 32
  }
  protection_mode = local.line_breaks ? "SOFTWARE" : "HSM"
}
